"""What of a flag is there for people only."""

from typing import Final

PRESENTATION: Final = frozenset(
    {"name", "description", "tags", "created_at", "updated_at", "created_by", "version", "id", "drysail"}
)
"""Parts of a flag that no answer depends on."""
