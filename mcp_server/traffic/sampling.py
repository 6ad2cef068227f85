"""Which subjects are recorded, when not all are."""

from dataclasses import dataclass
from hashlib import blake2b

EVERYBODY = 1_000_000
_HASHES = 1 << 64


@dataclass(frozen=True, slots=True)
class Sampling:
    """Keeps a fixed share of the subjects, in parts per million, all checks of each.

    The hash has nothing in common with the hashing of flags, so that a sample holds the same shares of every flag's
    buckets as the whole. Whoever does not know ``salt`` cannot tell who is in the sample.
    """

    ppm: int = EVERYBODY
    salt: bytes = b"drysail"

    def keeps(self, environment: str, distinct_id: str) -> bool:
        """Whether this subject is in the sample: always the same answer."""
        if self.ppm >= EVERYBODY:
            return True
        text = b"\0".join((self.salt, environment.encode(), distinct_id.encode(errors="surrogatepass")))
        number = int.from_bytes(blake2b(text, digest_size=8).digest(), "big")
        return number * EVERYBODY < self.ppm * _HASHES
