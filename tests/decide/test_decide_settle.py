"""What the end of an attempt means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.decide import delivery as decide
from monitor.model import (
    Accepted,
    Dead,
    Delivery,
    DeliveryKind,
    Digest,
    Excerpt,
    InDoubt,
    Message,
    Priority,
    Rejected,
    Retry,
    Sent,
    Skipped,
    Unknown,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MESSAGE = Message(
    title=Excerpt(text="t"),
    url="",
    feed="wire",
    published=None,
    seen_at=NOW,
    language="",
    priority=Priority.NORMAL,
    reasons=(),
    excerpts=(),
)
FIRST = Delivery(
    key="k", alert_id="a", channel="desk", kind=DeliveryKind.POST, message=MESSAGE, created_at=NOW, attempts=1
)


def tried(attempts: int) -> Delivery:
    return replace(FIRST, attempts=attempts)


def test_a_message_tells_its_times_in_the_zone_of_its_channel() -> None:
    digest = Digest(title=Excerpt(text="2"), reason="", priority=Priority.LOW, items=(MESSAGE, MESSAGE), count=2)
    told = decide.in_zone(replace(FIRST, message=digest), "Europe/Paris").message
    assert isinstance(told, Digest)
    assert [item.zone for item in told.items] == ["Europe/Paris"] * 2
    assert decide.in_zone(FIRST, "Europe/Paris").message == replace(MESSAGE, zone="Europe/Paris")


def test_accepted_is_sent() -> None:
    assert decide.settle(FIRST, Accepted(ref="C1:1.2"), NOW) == Sent(ref="C1:1.2")


def test_refused_for_good_is_dead() -> None:
    assert decide.settle(FIRST, Rejected(reason="550 no such user", retry=False), NOW) == Dead(
        reason="550 no such user"
    )


def test_an_edit_that_cannot_be_made_is_skipped_and_no_dead_letter() -> None:
    edit = replace(FIRST, kind=DeliveryKind.EDIT)
    refused = Rejected(reason="message_not_found", retry=False)
    assert decide.settle(edit, refused, NOW) == Skipped(reason="message_not_found")
    assert isinstance(decide.settle(edit, Rejected(reason="503", retry=True), NOW), Retry)
    assert decide.settle(replace(FIRST, kind=DeliveryKind.REPLY), refused, NOW) == Dead(reason="message_not_found")


def test_refused_for_now_is_tried_again_later_each_time() -> None:
    waits = []
    for attempts in (1, 2, 3, 6, 30):
        settlement = decide.settle(tried(attempts), Rejected(reason="503", retry=True), NOW)
        assert isinstance(settlement, Retry)
        waits.append(settlement.at - NOW)
    assert waits == sorted(waits)
    assert timedelta(seconds=2) <= waits[0] < timedelta(seconds=3)
    assert timedelta(minutes=15) <= waits[-1] < timedelta(minutes=17)


def test_the_first_refusals_hold_the_channel_back_and_later_ones_let_others_pass() -> None:
    held = [decide.settle(tried(n), Rejected(reason="503", retry=True), NOW) for n in (1, 3, 4)]
    assert [isinstance(s, Retry) and s.hold_lane_until is not None for s in held] == [True, True, False]


@pytest.mark.parametrize("attempts", [1, 50])
def test_what_the_destination_asks_for_is_obeyed_for_the_whole_channel(attempts: int) -> None:
    asked = timedelta(minutes=40)
    settlement = decide.settle(tried(attempts), Rejected(reason="429", retry=True, after=asked), NOW)
    assert isinstance(settlement, Retry)
    assert settlement.at >= NOW + asked
    assert settlement.hold_lane_until == settlement.at


def test_a_mad_request_to_wait_is_capped() -> None:
    settlement = decide.settle(FIRST, Rejected(reason="429", retry=True, after=timedelta(days=9000)), NOW)
    assert isinstance(settlement, Retry)
    assert settlement.at <= NOW + timedelta(days=1)


@pytest.mark.parametrize(("attempts", "holds"), [(1, True), (4, False)])
def test_no_answer_is_in_doubt_and_looked_up_after_it_had_time_to_show(attempts: int, holds: bool) -> None:
    settlement = decide.settle(tried(attempts), Unknown(reason="timed out"), NOW)
    assert isinstance(settlement, InDoubt)
    assert settlement.look_up_at >= NOW + decide.SETTLE
    assert settlement.hold_lane is holds


def test_after_some_three_days_of_refusals_it_is_set_aside_with_its_reason() -> None:
    refused = Rejected(reason="503", retry=True)
    waits, delivery = timedelta(), FIRST
    while isinstance(settlement := decide.settle(delivery, refused, NOW), Retry):
        waits += settlement.at - NOW
        delivery = replace(delivery, attempts=delivery.attempts + 1)
    assert settlement == Dead(reason="given up after 300 attempts: 503")
    assert timedelta(days=2.8) < waits < timedelta(days=3.4)


def test_a_message_that_waited_long_for_its_first_attempt_is_not_given_up() -> None:
    week_later = NOW + timedelta(days=7)
    assert isinstance(decide.settle(FIRST, Rejected(reason="503", retry=True), week_later), Retry)
    assert isinstance(decide.settle(FIRST, Unknown(reason="lost"), week_later), InDoubt)


def test_what_cannot_be_looked_up_lets_others_pass_soon_and_is_asked_for_less_and_less() -> None:
    cannot = Unknown(reason="missing_scope")
    waits, holds, now = [], [], NOW + decide.SETTLE
    while isinstance(settlement := decide.settle(FIRST, cannot, now, in_doubt_since=NOW), InDoubt):
        waits.append(settlement.look_up_at - now)
        holds.append(settlement.hold_lane)
        now = settlement.look_up_at
    assert settlement == Dead(reason="nobody knows whether it arrived: missing_scope")
    assert now - NOW > timedelta(days=3)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)
    assert holds.index(False) <= 3
    assert not any(holds[3:])


def test_a_message_found_absent_is_sent_again_at_once_a_few_times_only() -> None:
    assert [decide.is_patient(tried(n)) for n in (1, 2, 3)] == [True, True, False]


def test_an_attempt_is_looked_for_from_its_beginning_on() -> None:
    assert decide.may_have_arrived_since(NOW, NOW + timedelta(minutes=2)) == NOW


def test_an_attempt_that_a_clock_which_was_ahead_has_dated_is_looked_for_a_day_back() -> None:
    """From then on, nothing would be found, and all be sent a second time."""
    assert decide.may_have_arrived_since(NOW + timedelta(hours=3), NOW) == NOW - timedelta(days=1)
