"""The shell: store, traffic, services, tools (MCP), http (serving), cli (terminal) and the composition root."""
