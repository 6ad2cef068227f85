"""The terminal: ``drysail``. Data goes to stdout, talk to stderr; every command explains itself with ``--help``."""
