"""Conditional requests: whether the client already holds what it would be sent."""


def is_current(etag: str, if_none_match: str | None) -> bool:
    """True if one of the tags in ``If-None-Match`` names this one; weak, strong and unquoted spellings are the same."""
    if if_none_match is None:
        return False
    known = _bare(etag)
    return any(_bare(tag) in (known, "*") for tag in if_none_match.split(","))


def _bare(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"')
