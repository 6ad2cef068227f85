"""The terminal: ``drysail``."""


def main() -> None:
    """Entry point of the ``drysail`` command."""
    raise SystemExit("drysail: the command line is not wired yet")
