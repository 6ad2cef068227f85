"""Prompt templates that the MCP server offers, one markdown file each."""
