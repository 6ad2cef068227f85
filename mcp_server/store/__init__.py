"""The database of a home: SQLite by default, PostgreSQL with the extra ``postgres``."""

from mcp_server.store.opening import migrate, open_store
from mcp_server.store.sql_store import SqlStore

__all__ = ["SqlStore", "migrate", "open_store"]
