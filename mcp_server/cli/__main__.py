"""``python -m mcp_server.cli``: the same as ``drysail``."""

from mcp_server.cli.main import main

main()
