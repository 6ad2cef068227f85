"""The guided tour: a real server, the real PostHog SDK, a scripted agent over MCP, and an engineer at a terminal."""
