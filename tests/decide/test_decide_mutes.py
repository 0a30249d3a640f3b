"""Mutes: whom they fit, how long, and what they are called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.decide.holding import Occasion, Restraints, hold_of
from monitor.decide.mutes import after_mute, hold_of_mute, muted_by, plain_name, plain_reason, what_is_muted
from monitor.model import Hold, HoldKind, Mute, Priority

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MUTE = Mute(id="3f2a91bc", by="anna", reason="noise", since=NOW, until=NOW + HOUR)


def ids(*mutes: Mute, rules: tuple[str, ...] = ("quake",), now: datetime = NOW) -> list[str]:
    found = muted_by(mutes, story="s1", rules=rules, feed="tass", channel="desk", now=now)
    return [mute.id for mute in found]


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"story": "s1"}, True),
        ({"story": "s2"}, False),
        ({"rule": "quake"}, True),
        ({"rule": "flood"}, False),
        ({"feed": "tass"}, True),
        ({"feed": "bbc"}, False),
        ({"channel": "desk"}, True),
        ({"channel": "chief"}, False),
        ({"story": "s1", "rule": "quake", "feed": "tass", "channel": "desk"}, True),
        ({"rule": "quake", "feed": "bbc"}, False),
        ({"until": NOW}, False),
        ({"until": None}, True),
        ({"ended_at": NOW}, False),
    ],
)
def test_all_conditions_that_are_given_must_fit(changes: dict[str, object], fits: bool) -> None:
    assert ids(replace(MUTE, **changes)) == ([MUTE.id] if fits else [])  # type: ignore[arg-type]


def test_what_several_rules_found_is_muted_when_each_of_them_is() -> None:
    quake, flood = replace(MUTE, id="1", rule="quake"), replace(MUTE, id="2", rule="flood", until=NOW + 2 * HOUR)
    both = ("quake", "flood")
    assert ids(quake, rules=both) == []
    assert ids(quake, flood, rules=both) == ["2", "1"]
    assert ids(quake, flood, rules=(*both, "storm")) == []
    assert ids(quake, replace(MUTE, id="3", feed="tass"), rules=both) == ["3", "1"]


def test_the_mute_that_lasts_longest_holds() -> None:
    assert ids(MUTE, replace(MUTE, id="0", until=None), replace(MUTE, id="1", until=NOW + 2 * HOUR)) == [
        "0",
        "1",
        "3f2a91bc",
    ]


def test_a_hold_says_whose_mute_it_is_until_when_and_why() -> None:
    reason = "held by mute 3f2a91bc of anna until 2026-11-22 13:00 UTC: noise"
    assert hold_of_mute(MUTE) == Hold(kind=HoldKind.MUTE, reason=reason, until=NOW + HOUR, by=MUTE.id)
    endless = hold_of_mute(replace(MUTE, until=None, reason=""))
    assert (endless.reason, endless.until) == ("held by mute 3f2a91bc of anna until it is ended", None)
    assert (after_mute(MUTE), after_mute(replace(MUTE, reason=""))) == ("muted by anna: noise", "muted by anna")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "everything"),
        ({"channel": "desk"}, "everything in desk"),
        ({"story": "0123456789abcdef"}, "story 01234567"),
        ({"rule": "quake", "feed": "tass", "channel": "desk"}, "rule quake and feed tass in desk"),
    ],
)
def test_a_mute_is_called_by_its_conditions(changes: dict[str, str], said: str) -> None:
    assert what_is_muted(replace(MUTE, **changes)) == said  # type: ignore[arg-type]


def test_a_mute_holds_urgent_alerts_and_replies_as_well() -> None:
    occasion = Occasion(channel="desk", priority=Priority.URGENT, rules=("quake",), sources=("tass",), story_id="s1")
    assert hold_of(occasion, Restraints(mutes=(replace(MUTE, story="s1"),)), NOW) == hold_of_mute(MUTE)
    assert hold_of(occasion, Restraints(mutes=(replace(MUTE, story="s2"),)), NOW) is None


def test_a_reason_and_a_name_are_one_short_line() -> None:
    assert (plain_reason("too\nmuch \x1bnoise"), plain_name("Anna\r\n  B.")) == ("too much noise", "Anna B.")
    assert (len(plain_reason("x" * 400)), len(plain_name("x" * 400))) == (300, 100)


@settings(max_examples=50)
@given(st.text(max_size=2_000))
def test_a_reason_is_one_short_line_without_control_characters(text: str) -> None:
    for plain, most in ((plain_reason(text), 300), (plain_name(text), 100)):
        assert len(plain) <= most
        assert not any(character in plain for character in "\n\r\x1b\x00\u202e")
