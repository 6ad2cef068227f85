"""The way from each schema to the next. A shipped migration is never edited."""
