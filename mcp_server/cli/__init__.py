"""The terminal: ``drysail``. Data goes to stdout, talk to stderr; every command explains itself with ``--help``."""

from mcp_server.cli.main import main

__all__ = ["main"]
