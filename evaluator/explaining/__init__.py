"""Why a subject gets a value, where two subjects or two revisions part, and what would have to change."""
