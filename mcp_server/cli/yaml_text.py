"""YAML that means JSON: what a definition cannot hold is refused with its place, before it is built."""

from typing import Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from evaluator.context import JsonValue
from evaluator.json_text import MAX_DEPTH, InvalidJson, loads
from evaluator.json_text import dumps as json_text_of

LONGEST_TEXT: Final = 8 * 1024 * 1024
"""Characters of a YAML text. Reading YAML is slow; JSON files may be larger."""

MOST_NODES: Final = 2_000_000
"""Values that a text may stand for, once every alias is replaced by what it means."""

_TAG: Final = "tag:yaml.org,2002:"
_JSON_TAGS: Final = frozenset(_TAG + name for name in ("null", "bool", "int", "float", "str", "seq", "map", "merge"))
_WORDS: Final = {
    "timestamp": "a date",
    "set": "a set",
    "binary": "binary data",
    "omap": "an ordered map",
}


class NotJson(ValueError):
    """The text is no YAML, or means what JSON cannot hold. ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, fix: str, mark: yaml.Mark | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.line = None if mark is None else mark.line + 1
        self.column = None if mark is None else mark.column + 1


def yaml_value(text: str) -> JsonValue:
    """The JSON value that a YAML text means. Raises NotJson."""
    if len(text) > LONGEST_TEXT:
        limit = LONGEST_TEXT // 1024 // 1024
        raise NotJson(f"It is longer than {limit} million characters.", "Write it as JSON, or split it.")
    try:
        return loads(json_text_of(_constructed(text)))
    except yaml.MarkedYAMLError as error:
        raise NotJson(f"It is no YAML: {error.problem}.", "Mend that place.", error.problem_mark) from None
    except yaml.reader.ReaderError as error:
        message = f"It is no YAML: the character at position {error.position} is not allowed."
        raise NotJson(message, "Take it out.") from None
    except RecursionError:
        raise NotJson(f"It nests deeper than {MAX_DEPTH} levels.", "Flatten it.") from None
    except InvalidJson as error:
        raise NotJson(f"It cannot be read: {error}.", "Mend that place.") from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, NotJson):
            raise
        raise NotJson(f"It holds a number that cannot be read: {error}.", "Write it as text, in quotes.") from None


def _constructed(text: str) -> JsonValue:
    loader = yaml.SafeLoader(text)
    node = loader.get_single_node()
    if node is None:
        return None
    _check(node)
    return loader.construct_document(node)


def _check(root: Node) -> None:
    """Refuses what JSON cannot hold, and aliases that repeat too much. Visits every node once."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    pending = [(root, False)]
    while pending:
        node, is_done = pending.pop()
        if is_done:
            open_nodes.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in _children(node))
            if sizes[id(node)] > MOST_NODES:
                message = f"With its aliases written out it holds more than {MOST_NODES:,} values."
                raise NotJson(message, "Use fewer aliases.", node.start_mark)
        elif id(node) in open_nodes:
            raise NotJson("An alias stands for something that contains the alias.", "Write it out.", node.start_mark)
        elif id(node) not in sizes:
            _check_kind(node)
            open_nodes.add(id(node))
            pending.append((node, True))
            pending.extend((child, False) for child in _children(node))


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _check_kind(node: Node) -> None:
    if node.tag not in _JSON_TAGS:
        name = node.tag.removeprefix(_TAG)
        what = _WORDS.get(name, f"something tagged {node.tag[:60]!r}")
        fix = "Put it in quotes." if name == "timestamp" else "Write it as text, a list or an object."
        raise NotJson(f"It holds {what}, which JSON cannot.", fix, node.start_mark)
    for key, _ in node.value if isinstance(node, MappingNode) else ():
        if not isinstance(key, ScalarNode) or key.tag not in (f"{_TAG}str", f"{_TAG}merge"):
            shown = f"the key {key.value[:60]!r}" if isinstance(key, ScalarNode) else "a key"
            raise NotJson(f"It holds {shown}, which is no text.", "Put it in quotes.", key.start_mark)
