"""The MCP surface: tools, resources and prompts. No tool approves, edits policy or picks the traffic."""

from mcp_server.tools.access import Access, Caller
from mcp_server.tools.server import build_server

__all__ = ["Access", "Caller", "build_server"]
