"""Settings: command-line flag, then environment (``DRYSAIL_*``), then ``drysail.toml``, then default."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp_server.services.errors import InvalidInput

CONFIGURATION_FILE = "drysail.toml"
NAMES = ("home", "database_url", "host", "port", "environment")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a home is and how it is served.

    ``home`` is the folder with the SQLite database and the traffic (default ``./.drysail``). ``database_url`` is
    ``sqlite:///…`` inside it unless a PostgreSQL address is given. ``environment`` is what commands mean when they name
    none; None asks where there are several.
    """

    home: Path
    database_url: str
    host: str
    port: int
    environment: str | None


def read_settings(
    given: Mapping[str, Any], environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Settings:
    """The settings in force. Raises InvalidInput for a file that is not TOML, an unknown name or a bad port."""
    environ = os.environ if environment is None else environment
    here = folder or Path.cwd()
    values: dict[str, Any] = {"home": here / ".drysail", "host": "127.0.0.1", "port": 8470}
    values |= _from_file(here / CONFIGURATION_FILE)
    values |= {name: environ[f"DRYSAIL_{name.upper()}"] for name in NAMES if f"DRYSAIL_{name.upper()}" in environ}
    values |= {name: value for name, value in given.items() if value is not None}
    home = Path(values["home"]).expanduser()
    if not home.is_absolute():
        home = here / home
    try:
        port = int(values["port"])
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise InvalidInput(f"{values['port']!r} is no port.", hint="Use 0 to 65535; 0 takes a free one.", place="port")
    return Settings(
        home=home,
        database_url=values.get("database_url") or f"sqlite:///{home / 'drysail.sqlite'}",
        host=str(values["host"]),
        port=port,
        environment=values.get("environment"),
    )


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"It is no TOML: {error}.", hint="Mend the file.", place=str(path)) from error
    for name in content:
        if name not in NAMES:
            raise InvalidInput(f"There is no setting {name!r}.", hint=f"Use: {', '.join(NAMES)}.", place=str(path))
    return content
