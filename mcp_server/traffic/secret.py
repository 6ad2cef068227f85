"""The secret of a home's traffic: who is sampled, and which token stands for which value, follow from it."""

import hmac
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Final

from mcp_server.services.errors import Unavailable
from mcp_server.traffic.layout import sync_folder

BYTES: Final = 32
TOKEN_PREFIX: Final = "hashed:"
_TOKEN_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Secret:
    """Keys made of 32 random bytes that lie in one file and go nowhere else."""

    _key: bytes = field(repr=False)

    @property
    def sampling_salt(self) -> bytes:
        """For ``Sampling``."""
        return hmac.digest(self._key, b"drysail sampling", "sha256")

    @property
    def tokens(self) -> "Tokens":
        """For what is recorded as a token only."""
        return Tokens(hmac.digest(self._key, b"drysail tokens", "sha256"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Stands tokens in for values: the same value gives the same token, and nobody without the key can tell which."""

    _key: bytes = field(repr=False)

    def of(self, environment: str, kind: str, text: str) -> str:
        """HMAC-SHA256 of the text, cut to 128 bits. Equal texts of another kind or environment have other tokens."""
        message = json.dumps([environment, kind, text]).encode()
        return TOKEN_PREFIX + hmac.digest(self._key, message, "sha256")[:_TOKEN_BYTES].hex()

    def of_subject(self, environment: str, distinct_id: str) -> str:
        """What stands for a distinct id."""
        return self.of(environment, "subject", distinct_id)

    def of_device(self, environment: str, device_id: str) -> str:
        """What stands for a device id."""
        return self.of(environment, "device", device_id)


def secret_path(home: Path) -> Path:
    """Where it lies. No environment's folder begins with a dot, so that none can be called the same."""
    return home / "traffic" / ".secret"


def read_secret(home: Path) -> Secret:
    """The home's secret; made at first need, readable by its owner only.

    Raises Unavailable if it cannot be read or written, or is not what was written.
    """
    path = secret_path(home)
    try:
        if not path.exists():
            _make(path)
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable(
            f"The secret of the recorded traffic cannot be read or made: {error.strerror or error}.",
            hint="Let this user read and write the file, or restore it from a backup.",
            code="NO_SECRET",
            place=str(path),
        ) from error
    if len(content) != BYTES:
        raise Unavailable(
            f"The secret of the recorded traffic has {len(content)} bytes instead of {BYTES}.",
            hint="Restore it from a backup. Without one, delete it: a new one chooses another sample and other tokens.",
            code="NO_SECRET",
            place=str(path),
        )
    return Secret(content)


def _make(path: Path) -> None:
    """Written under another name and then linked: of several processes one wins, and none reads half a secret."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = path.with_name(f"{path.name}-{token_hex(8)}")
    descriptor = os.open(building, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(token_bytes(BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(building, path)
        sync_folder(path.parent)
    except FileExistsError:
        pass
    finally:
        building.unlink()
