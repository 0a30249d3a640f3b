"""Whose turn it is at a host."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.turns import SPACING, Turns

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_two_requests_begin_five_seconds_apart() -> None:
    turns = Turns()
    assert turns.begin("a.example", NOW) is None
    assert turns.begin("b.example", NOW) is None
    assert turns.begin("a.example", NOW) == NOW + SPACING
    turns.end("a.example")
    assert turns.begin("a.example", NOW + SPACING - SECOND) is not None
    assert turns.begin("a.example", NOW + SPACING) is None


def test_a_host_has_two_requests_at_once_at_most() -> None:
    turns = Turns(timedelta())
    assert [turns.begin("a.example", NOW) for _ in range(4)] == [None, None, NOW, NOW]
    turns.end("a.example")
    assert turns.begin("a.example", NOW) is None


def test_something_waits_until_its_turn_has_come() -> None:
    turns = Turns()
    turns.begin("a.example", NOW)
    assert not turns.waiting(NOW)
    turn = turns.begin("a.example", NOW)
    assert turn is not None
    assert turns.waiting(turn - SECOND)
    assert not turns.waiting(turn)


@given(st.integers(2, 300), st.floats(0, 1))
def test_a_crowd_comes_back_one_by_one_and_each_begins(crowd: int, lateness: float) -> None:
    """A tick comes up to a second late; even so nobody is put off twice."""
    turns = Turns()
    due = [turn for turn in (turns.begin("a.example", NOW) for _ in range(crowd)) if turn]
    assert len(set(due)) == len(due) == crowd - 1
    for number, turn in enumerate(due):
        turns.end("a.example")
        late = turn + SECOND * (lateness if number % 2 else 0)
        assert turns.begin("a.example", late) is None


def test_hosts_that_are_done_with_are_forgotten() -> None:
    turns = Turns()
    for number in range(10_000):
        turns.begin(f"{number}.example", NOW)
        if number:
            turns.end(f"{number}.example")
    turns.begin("0.example", NOW)
    turns.begin("more.example", NOW + SPACING)
    assert len(turns._hosts) == 2
    assert turns._hosts["0.example"].running == 1


def test_a_clock_that_is_set_back_keeps_no_host_waiting() -> None:
    turns = Turns()
    for _ in range(3):
        turns.begin("a.example", NOW)
    turns.end("a.example")
    assert turns.begin("a.example", NOW - timedelta(hours=1)) is None
    assert turns.begin("a.example", NOW - timedelta(hours=1)) == NOW - timedelta(hours=1) + SPACING
