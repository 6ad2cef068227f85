"""Settings: command-line flag, then environment (``DRYSAIL_*``), then ``drysail.toml``, then default."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mcp_server.services.errors import InvalidInput

CONFIGURATION_FILE = "drysail.toml"
TEXTS = ("home", "database_url", "host", "environment")
LISTS = ("allowed_hosts", "record_properties", "record_deny", "record_hash")
NAMES = (*TEXTS, "port", *LISTS, "record_share", "record_hash_ids", "flush_seconds")
RECORD_ALL = "*"
DENIED = ("$ip", "*password*", "*secret*", "*token*")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a home is and how it is served.

    ``home`` is the folder with the SQLite database and the traffic (default ``./.drysail``). ``database_url`` is
    ``sqlite:///…`` inside it unless a PostgreSQL address is given. ``environment`` is what commands mean when they name
    none; None asks where there are several. ``allowed_hosts`` are further names for ``/mcp``.
    ``record_properties`` are recorded beside those that flags refer to (``*``: all of them), except those that a
    pattern of ``record_deny`` matches; values of those that one of ``record_hash`` matches are recorded as tokens only,
    and with ``record_hash_ids`` so are distinct ids and device ids. ``record_share_ppm`` is the share of subjects that
    is recorded. ``flush_every`` is how long recorded checks stay in memory: what a killed server loses.
    """

    home: Path
    database_url: str
    host: str
    port: int
    environment: str | None
    allowed_hosts: tuple[str, ...]
    record_properties: tuple[str, ...]
    record_deny: tuple[str, ...]
    record_hash: tuple[str, ...]
    record_hash_ids: bool
    record_share_ppm: int
    flush_every: timedelta


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
    port = _number("port", values["port"])
    if port > 65535:
        raise InvalidInput(f"{port} is no port.", hint="Use 0 to 65535; 0 takes a free one.", place="port")
    return Settings(
        home=home,
        allowed_hosts=_names(values.get("allowed_hosts")),
        record_properties=_names(values.get("record_properties")),
        record_deny=_names(values.get("record_deny", DENIED)),
        record_hash=_names(values.get("record_hash")),
        record_hash_ids=_switch("record_hash_ids", values.get("record_hash_ids", False)),
        record_share_ppm=_share("record_share", values.get("record_share", 100)),
        flush_every=timedelta(seconds=_number("flush_seconds", values.get("flush_seconds", 60))),
        database_url=values.get("database_url") or f"sqlite:///{quote(str(home / 'drysail.sqlite'))}",
        host=str(values["host"]),
        port=port,
        environment=values.get("environment"),
    )


def _number(name: str, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = -1
    if number < 0:
        raise InvalidInput(f"{value!r} is no number from 0 on.", hint="Write digits only.", place=name)
    return number


def _share(name: str, value: Any) -> int:
    """Percent as parts per million."""
    try:
        percent = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        percent = float("nan")
    if not 0 <= percent <= 100:
        raise InvalidInput(f"{value!r} is no share.", hint="Write percent from 0 to 100, such as 12.5.", place=name)
    return round(percent * 10_000)


def _switch(name: str, value: Any) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).strip().lower()
    if text not in known:
        raise InvalidInput(f"{value!r} is neither true nor false.", hint="Write true or false.", place=name)
    return known[text]


def _names(value: Any) -> tuple[str, ...]:
    """A list, or text with commas."""
    parts = value.split(",") if isinstance(value, str) else value or ()
    return tuple(str(part).strip() for part in parts if str(part).strip())


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
        if name in TEXTS and not isinstance(content[name], str):
            raise InvalidInput(
                f"{name} must be text, not {content[name]!r}.", hint="Put it in quotes.", place=str(path)
            )
        if name in LISTS and not isinstance(content[name], str | list):
            raise InvalidInput(f"{name} must be a list of texts.", hint='Write ["a", "b"].', place=str(path))
    return content
