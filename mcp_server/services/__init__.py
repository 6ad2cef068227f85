"""Use cases. They know ports and records, never an adapter."""
