"""The recording as the evaluator sees it: every property it may ask for, and every id it may hash, as a column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evaluator.check import DEVICE_ID, DISTINCT_ID, GROUP_KEY
from evaluator.compiled import CompiledFlag
from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from evaluator.hashing import MAX_DISTINCT_ID, group_key_text
from policies.replay.recording import Column, Recording
from policies.replay.texts import Texts

ABSENT: Final = 0
PRESENT: Final = 1
HIDDEN: Final = 2
"""The id was redacted."""

PERSON: Final = "person"
DEVICE: Final = "device"


@dataclass(frozen=True, slots=True, eq=False)
class Ids:
    """What is hashed in each context: ``texts[codes[i]]``, if ``states[codes[i]]`` is ``PRESENT``.

    ``name`` tells the id columns of one recording apart.
    """

    name: str
    codes: NDArray[np.signedinteger[Any]]
    texts: Sequence[JsonValue | Mark]
    states: NDArray[np.int8]


class View:
    """Columns by the evaluator's rules for what exists without being passed. Each is built once.

    ``persons`` is what is hashed of the distinct ids.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.size = recording.size
        self.persons = _persons(recording.subjects)
        self._columns: dict[tuple[str | None, str], Column] = {}
        self._ids: dict[str, Ids] = {}

    def column(self, name: str, group_type: str | None = None) -> Column:
        """A property of the person, or of the group of a type that the check names."""
        key = (group_type, name)
        column = self._columns.get(key)
        if column is None:
            column = self._person(name) if group_type is None else self._group(group_type, name)
            self._columns[key] = column
        return column

    def group_keys(self, group_type: str | None) -> Ids:
        """The keys of one type's groups; none of a type that is not mapped."""
        name = f"group {group_type}"
        if name not in self._ids:
            column = self._named_groups(group_type)
            texts = [key if isinstance(key, Mark) else group_key_text(key) for key in column.values]
            self._ids[name] = _ids(name, column.codes, texts)
        return self._ids[name]

    def devices(self) -> Ids:
        """The device ids: passed on their own, or among the person's properties."""
        if DEVICE not in self._ids:
            passed = _ids(DEVICE, self.recording.device_ids.codes, self.recording.device_ids.values)
            column = self.recording.column(DEVICE_ID)
            among = _ids(DEVICE, column.codes, column.values)
            self._ids[DEVICE] = Ids(
                name=DEVICE,
                codes=np.where(passed.states[passed.codes] == PRESENT, passed.codes, _moved(among.codes, passed.texts)),
                texts=(*passed.texts, *among.texts),
                states=np.concatenate((passed.states, among.states)),
            )
        return self._ids[DEVICE]

    def holdout_ids(self, flag: CompiledFlag) -> Ids:
        """What a holdout of the flag hashes: the group's key, else the device's id, else the person's."""
        if flag.aggregation is not None:
            return self.group_keys(flag.group_type)
        return self._devices_or_persons() if flag.device_bucketing else self.persons

    def _devices_or_persons(self) -> Ids:
        devices, name = self.devices(), "device or person"
        if name not in self._ids:
            absent = devices.states[devices.codes] == ABSENT
            self._ids[name] = Ids(
                name=name,
                codes=np.where(absent, _moved(self.persons.codes, devices.texts), devices.codes),
                texts=(*devices.texts, *self.persons.texts),
                states=np.concatenate((devices.states, self.persons.states)),
            )
        return self._ids[name]

    def _person(self, name: str) -> Column:
        recorded = self.recording.properties.get(name)
        if name != DISTINCT_ID:
            return self.recording.column(name)
        own = Column(self.persons.codes, self.persons.texts)
        return own if recorded is None else _filled(recorded, own)

    def _group(self, group_type: str, name: str) -> Column:
        keys = self.group_keys(group_type)
        states = keys.states[keys.codes]
        column = self._named_groups(group_type) if name == GROUP_KEY else self.recording.column(name, group_type)
        if states.all() and not (states == HIDDEN).any():
            return column
        first = len(column.values)
        without = np.where(states == HIDDEN, first + 1, first)
        codes = np.where(states == PRESENT, column.codes.astype(np.intp), without)
        return Column(codes.astype(np.int32), (*column.values, MISSING, REDACTED))

    def _named_groups(self, group_type: str | None) -> Column:
        recorded = None if group_type is None else self.recording.groups.get(group_type)
        return recorded or Column(np.zeros(self.size, dtype=np.int32), (MISSING,))


def _persons(subjects: Column) -> Ids:
    """Distinct ids as they are hashed. Everybody has one, if only an empty one."""
    texts = subjects.values
    longest = texts.longest() if isinstance(texts, Texts) else max((len(str(text)) for text in texts), default=0)
    if longest > MAX_DISTINCT_ID:
        texts = [str(text)[:MAX_DISTINCT_ID] for text in texts]
    return Ids(PERSON, subjects.codes, texts, np.full(len(texts), PRESENT, dtype=np.int8))


def _ids(name: str, codes: NDArray[np.signedinteger[Any]], values: Sequence[JsonValue | Mark]) -> Ids:
    """Every text but the empty one is an id."""
    texts = [value if isinstance(value, str) else "" for value in values]
    states = [
        HIDDEN if value is REDACTED else PRESENT if text else ABSENT for value, text in zip(values, texts, strict=True)
    ]
    return Ids(name, codes, texts, np.array(states, dtype=np.int8))


def _filled(column: Column, substitute: Column) -> Column:
    """The column, with the substitute's values where it has none."""
    missing = np.fromiter((value is MISSING for value in column.values), dtype=np.bool_, count=len(column.values))
    codes = np.where(missing[column.codes], _moved(substitute.codes, column.values), column.codes)
    return Column(codes.astype(np.int32), (*column.values, *substitute.values))


def _moved(codes: NDArray[np.signedinteger[Any]], before: Sequence[object]) -> NDArray[np.int64]:
    """Codes of a dictionary that comes after another one."""
    return codes.astype(np.int64) + len(before)
