"""Replay: the old and the new definitions on the same recorded contexts, column by column."""
