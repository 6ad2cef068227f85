"""What one replay hands to the next."""

from policies.replay.memory import Memory


def test_what_was_computed_is_remembered_while_somebody_asks_for_it() -> None:
    memory, computed = Memory[str, str](), list[str]()

    def compute(key: str) -> str:
        computed.append(key)
        return key.upper()

    def value(key: str) -> str:
        return memory.get(key, lambda: compute(key))

    assert [value("a"), value("b"), value("a")] == ["A", "B", "A"]
    memory.forget_unused()
    assert value("a") == "A"
    memory.forget_unused()
    assert [value("a"), value("b")] == ["A", "B"]
    assert computed == ["a", "b", "b"]
