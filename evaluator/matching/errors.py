"""Why a filter is refused when its flag is compiled."""


class BadFilter(Exception):
    """A filter that no evaluation could answer like PostHog's server, so its flag must be quarantined.

    ``code`` is stable (``unknown_operator``, ``unsupported_regex``). ``path`` is the place inside the filter.
    """

    def __init__(self, code: str, message: str, *, path: str, fix: str) -> None:
        super().__init__(f"{path}: {message}; {fix}")
        self.code = code
        self.message = message
        self.path = path
        self.fix = fix
