"""A text file read line by line, which knows how far it was read and what exactly that was."""

import gzip
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import IO, Final

from mcp_server.services.errors import InvalidInput
from mcp_server.traffic.import_run import ImportRun, Position

BLOCK: Final = 1 << 20
LONGEST_LINE: Final = 64 << 20
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class LineFile:
    """Lines of bytes, without their ends, in blocks of about a megabyte.

    ``row`` and ``offset`` are the lines and (uncompressed) bytes handed out so far. A position holds their SHA-256, so
    that going on from it proves that everything before it is still the same.
    """

    def __init__(self, run: ImportRun) -> None:
        path = run.request.path
        if path.suffix in (".zst", ".bz2", ".xz", ".zip"):
            raise InvalidInput(
                f"Text compressed as {path.suffix} cannot be read.", hint="Uncompress it, or use .gz.", place=str(path)
            )
        self.row = 0
        self.offset = 0
        self._run = run
        self._raw = path.open("rb")
        self._file: IO[bytes] = gzip.GzipFile(fileobj=self._raw) if path.suffix == ".gz" else self._raw  # type: ignore[assignment]
        self._size = path.stat().st_size
        self._before = sha256()
        self._block = b""
        self._block_start = 0
        self._damage: Exception | None = None
        self._told = False
        self._all_blocks = self._blocks()
        self._waiting: list[bytes] = []

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        self._raw.close()

    def resume(self, position: Position) -> bool:
        """Goes to a position of an earlier run; False if what lies before it changed."""
        left = int(position["offset"])
        while left:
            try:
                piece = self._file.read(min(BLOCK, left))
            except (EOFError, OSError, zlib.error):
                return False
            if not piece:
                return False
            self._before.update(piece)
            left -= len(piece)
        if self._before.hexdigest() != position["sha256"]:
            return False
        self.row, self.offset = int(position["row"]), int(position["offset"])
        self._block, self._block_start = b"", self.offset
        return True

    @property
    def position(self) -> Position:
        """Up to the end of the last line that was handed out."""
        digest = self._before.copy()
        digest.update(self._block[: self.offset - self._block_start])
        return {"offset": self.offset, "row": self.row, "sha256": digest.hexdigest()}

    def blocks(self) -> Iterator[list[bytes]]:
        """The lines, many at a time; ``row`` counts those of the newest block already."""
        for lines in self._all_blocks:
            self.row += len(lines)
            self.offset = self._block_start + len(self._block)
            yield lines
            self._run.progress(self._raw.tell(), self._size)

    def lines(self) -> Iterator[bytes]:
        """The lines with their ends, one at a time; may be asked for again to go on."""
        while self._waiting or self._fill():
            line = self._waiting.pop()
            self.row += 1
            self.offset = min(self.offset + len(line) + 1, self._block_start + len(self._block))
            yield line + b"\n"

    def _fill(self) -> bool:
        self._run.progress(self._raw.tell(), self._size)
        self._waiting = next(self._all_blocks, [])[::-1]
        return bool(self._waiting)

    def _blocks(self) -> Iterator[list[bytes]]:
        while block := self._next_block():
            self._before.update(self._block)
            self._block_start += len(self._block)
            self._block = block
            if self.offset == 0 and block.startswith(BYTE_ORDER_MARK):
                self.offset = 3
            text = block[self.offset - self._block_start :]
            lines = text.split(b"\n")
            if not lines[-1]:
                lines.pop()
            yield lines

    def _next_block(self) -> bytes:
        block = self._read(BLOCK)
        if len(block) == BLOCK and not block.endswith(b"\n"):
            try:
                block += self._file.readline(LONGEST_LINE)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                self._damage = error
        if len(block) > LONGEST_LINE and not block.endswith(b"\n"):
            row = self.row + block.count(b"\n") + 1
            raise InvalidInput(
                f"A line is longer than {LONGEST_LINE >> 20} MiB.",
                hint="Is this the right file? Name its form with --format.",
                place=f"{self._run.request.path}:{row}",
            )
        return block

    def _read(self, size: int) -> bytes:
        """So many bytes, or what there is before the end or the damage."""
        pieces: list[bytes] = []
        try:
            while self._damage is None and size and (piece := self._file.read1(size)):  # type: ignore[attr-defined]
                pieces.append(piece)
                size -= len(piece)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            self._damage = error
        if self._damage is not None and not pieces and not self._told:
            self._told = True
            self._run.refuse(self.row + 1, f"The compressed file is cut or damaged here: {self._damage}.")
        return b"".join(pieces)
