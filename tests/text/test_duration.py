"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.duration import LONGEST, parse_duration

UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


def written(seconds: int) -> str:
    parts = []
    for unit, size in UNITS.items():
        count, seconds = divmod(seconds, size)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts) or "0s"


@given(st.integers(0, int(LONGEST.total_seconds())))
def test_what_is_written_is_read(seconds: int) -> None:
    assert parse_duration(written(seconds)) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("24h", 86_400),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1h30m", 5400),
        (" 5M ", 300),
        ("0s", 0),
    ],
)
def test_examples(text: str, seconds: int) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "10",
        "m",
        "10x",
        "-5m",
        "1.5h",
        "5m1h",
        "10 m",
        "1e3s",
        "٣m",
        "5m\x00",
        "9" * 41 + "s",
        None,
        [],
        {},
        10,
    ],
)
def test_anything_else_is_refused_with_the_way_to_write_it(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration: write it like `90s`, `10m`, `24h` or `7d`"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["367d", "53w", "9999999999999999999999999999999999999s"])
def test_longer_than_a_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"`{text}` is longer than 366 days"):
        parse_duration(text)


@given(st.text(max_size=50))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        read = parse_duration(text)
    except ValueError as error:
        read, reason = None, str(error)
    else:
        reason = ""
    assert text in reason if read is None else timedelta() <= read <= LONGEST
