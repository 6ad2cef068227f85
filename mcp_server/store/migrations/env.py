"""What Alembic runs. The caller brings the connection, inside the transaction that is to hold it all."""

from alembic import context

from mcp_server.store.rows import Row
from mcp_server.store.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
