"""Numbers in messages."""

import pytest

from policies.rules.wording import against, exactly, number, percent, plural, points


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (number(1204), "1,204"),
        (number(0.04), "0"),
        (number(-0.01), "0"),
        (number(12.5), "12.5"),
        (against(25, 25), "25"),
        (against(25.0004, 25), "25.0004"),
        (against(25.0000001, 25), "25"),
        (percent(1, 3), "33.3 %"),
        (percent(1, 100_000), "under 0.1 %"),
        (percent(0, 7), "0 %"),
        (percent(15_001, 100_000, 15), "15.001 %"),
        (exactly(0.05), "0.05 %"),
        (points(-3, 5), "−3 pp"),
        (points(0, 0), "±0 pp"),
        (plural(1, "subject"), "1 subject"),
        (plural(0, "subject"), "0 subjects"),
    ],
)
def test_a_number_is_rounded_but_never_onto_its_limit(shown: str, text: str) -> None:
    assert shown == text
