"""What keeps messages back, where they go, and what becomes of them when that is over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.decide.endings import Directory, Drop, Ending, Fold, HoldOn, Release, admit, end_holds, preview
from monitor.decide.holding import Occasion, Restraints, digest_due, hold_of
from monitor.decide.notices import notice_of_mistakes
from monitor.decide.routing import merged, route_match
from monitor.model import (
    Backlog,
    Coverage,
    Delivery,
    DeliveryKind,
    Digest,
    Entry,
    Excerpt,
    HeldDelivery,
    Hold,
    HoldKind,
    Maintenance,
    Message,
    Mode,
    Policies,
    Policy,
    PollOutcome,
    Priority,
    Reason,
    Route,
    Rule,
    Way,
)
from monitor.text.hours import parse_hours
from monitor.text.timetable import parse_timetable
from tests.decide.test_decide_again import again, alert, draft
from tests.decide.test_decide_poll import FEED, NOW, entry, page_of, ruleset

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LOW, NORMAL, HIGH, URGENT = Priority
AT_ONCE, PLAIN = Policy(), Way()
QUIET = Policy(quiet=(parse_hours("11:00-14:00"),))  # it is 12:00
DAILY = Policy(digest=parse_timetable("daily 13:30"))
WAITING = Policy(wait=30 * MINUTE / 60)
SUNDAY = Maintenance(name="move", hours=(parse_hours("sun 10:00-15:00"),), note="new server")


def restraints(policy: Policy = AT_ONCE, *windows: Maintenance, routes: tuple[Route, ...] = ()) -> Restraints:
    return Restraints(policies=Policies(channels={"desk": policy}, routes=routes, maintenance=windows))


def occasion(priority: Priority = NORMAL, *, first: bool = True, way: Way = PLAIN, channel: str = "desk") -> Occasion:
    return Occasion(
        channel=channel, priority=priority, rules=("talks",), sources=("wire", "state"), way=way, first=first
    )


# -- what keeps back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "priority", "kind"),
    [
        (Policy(), LOW, None),
        (QUIET, HIGH, HoldKind.QUIET),
        (QUIET, URGENT, None),
        (replace(QUIET, quiet=(parse_hours("13:00-14:00"),)), HIGH, None),
        (DAILY, HIGH, HoldKind.DIGEST),
        (DAILY, URGENT, None),
        (replace(DAILY, instant=HIGH), HIGH, None),
        (replace(DAILY, instant=HIGH), NORMAL, HoldKind.DIGEST),
        (replace(DAILY, instant=LOW), LOW, None),
        (replace(DAILY, instant=HIGH, quiet=QUIET.quiet), HIGH, HoldKind.QUIET),
        (WAITING, NORMAL, HoldKind.WAIT),
        (WAITING, HIGH, None),
    ],
)
def test_priority_decides_the_mode(policy: Policy, priority: Priority, kind: HoldKind | None) -> None:
    hold = hold_of(occasion(priority), restraints(policy), NOW)
    assert (hold.kind if hold else None) is kind


def test_a_channel_without_a_policy_is_told_at_once() -> None:
    assert hold_of(occasion(LOW, channel="other"), restraints(QUIET), NOW) is None


def test_only_a_first_message_waits_for_others() -> None:
    assert hold_of(occasion(first=False), restraints(WAITING), NOW) is None
    hold = hold_of(occasion(), restraints(WAITING), NOW)
    assert hold == Hold(kind=HoldKind.WAIT, reason="waits 30 s for other reports", until=NOW + timedelta(seconds=30))


@pytest.mark.parametrize(
    ("way", "priority", "kind"),
    [
        (Way(ignores_quiet=True), HIGH, None),
        (Way(ignores_quiet=True), NORMAL, HoldKind.DIGEST),
        (Way(mode=Mode.INSTANT), NORMAL, HoldKind.QUIET),
        (Way(mode=Mode.INSTANT, ignores_quiet=True), NORMAL, None),
        (Way(mode=Mode.DIGEST), HIGH, HoldKind.DIGEST),
        (Way(mode=Mode.DIGEST), URGENT, None),
    ],
)
def test_a_route_may_say_otherwise(way: Way, priority: Priority, kind: HoldKind | None) -> None:
    policy = replace(DAILY, instant=HIGH, quiet=QUIET.quiet)
    hold = hold_of(occasion(priority, way=way), restraints(policy), NOW)
    assert (hold.kind if hold else None) is kind


def test_the_reason_says_until_when_as_the_channels_clocks_show_it() -> None:
    hold = hold_of(occasion(), restraints(replace(QUIET, zone="Europe/Paris")), NOW)
    assert hold is not None
    assert hold.reason == "quiet hours of desk until 2026-03-01 15:00 Europe/Paris"
    assert hold.until == datetime(2026, 3, 1, 14, 0, tzinfo=UTC)


def test_a_digest_is_due_when_the_quiet_hours_are_over() -> None:
    assert digest_due(Policy(), NOW) is None
    assert digest_due(DAILY, NOW) == NOW + 1.5 * HOUR
    assert digest_due(replace(DAILY, quiet=QUIET.quiet), NOW) == NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("window", "held"),
    [
        (SUNDAY, True),
        (replace(SUNDAY, sources=("state", "x")), True),
        (replace(SUNDAY, sources=("x",)), False),
        (replace(SUNDAY, rules=("talks", "x")), True),
        (replace(SUNDAY, rules=("x",)), False),
        (replace(SUNDAY, hours=(parse_hours("mon 10:00-15:00"),)), False),
        (Maintenance(name="once", since=NOW, until=NOW + HOUR), True),
        (Maintenance(name="once", since=NOW - HOUR, until=NOW), False),
    ],
)
def test_a_maintenance_keeps_back_what_it_is_about_and_the_urgent_too(window: Maintenance, *, held: bool) -> None:
    hold = hold_of(occasion(URGENT), restraints(Policy(), window), NOW)
    assert (hold is not None and hold.kind is HoldKind.MAINTENANCE) is held


def test_of_two_maintenances_the_one_that_ends_last_counts() -> None:
    longer = Maintenance(name="long", hours=(parse_hours("10:00-16:00"),))
    hold = hold_of(occasion(), restraints(Policy(), SUNDAY, longer, SUNDAY), NOW)
    assert hold is not None
    assert hold.reason == "maintenance long until 2026-03-01 16:00 UTC"
    only = hold_of(occasion(), restraints(Policy(), SUNDAY), NOW)
    assert only is not None
    assert only.reason == "maintenance move until 2026-03-01 15:00 UTC: new server"


# -- where it goes -----------------------------------------------------------------------------------------------------

RULE = Rule(id="talks", title="Talks", priority=HIGH, notify=("desk",), owner="mideast", tags=("war",))


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({}, True),
        ({"priority": HIGH}, True),
        ({"priority": URGENT}, False),
        ({"rules": ("talks", "x")}, True),
        ({"rules": ("x",)}, False),
        ({"tags": ("war",)}, True),
        ({"tags": ("peace",)}, False),
        ({"owners": ("mideast",)}, True),
        ({"owners": ("x",)}, False),
        ({"sources": ("tass.example",)}, True),
        ({"sources": ("x",)}, False),
        ({"languages": ("en",)}, True),
        ({"languages": ("ru",)}, False),
        ({"languages": ("en-gb",), "rules": ("x",)}, False),
    ],
)
def test_all_conditions_of_a_route_must_fit(condition: dict[str, object], *, fits: bool) -> None:
    route = replace(Route(name="route 1", notify=("chief",)), **condition)  # type: ignore[arg-type]
    routed = route_match(RULE, "en-GB", ("tass", "state", "tass.example"), [route])
    assert list(routed.channels) == (["chief"] if fits else ["desk"])


def test_the_first_route_that_fits_wins_unless_also() -> None:
    also = Route(name="route 1", notify=("log", "chief"), also=True)
    first, second = (Route(name=f"route {n}", notify=(name,)) for n, name in ((2, "chief"), (3, "x")))
    last = Route(name="route 4", notify=("archive",), also=True)

    def channels(*routes: Route) -> list[str]:
        return list(route_match(RULE, "", (), routes).channels)

    assert channels() == ["desk"]
    assert channels(also) == ["desk", "log", "chief"]
    assert channels(also, first, second, last) == ["log", "chief", "archive"]
    assert [each.name for each in route_match(RULE, "", (), [also, first, second]).routes] == ["route 1", "route 2"]


def test_ways_to_one_channel_are_one_the_sooner() -> None:
    ways = [("a", Way(mode=Mode.DIGEST)), ("a", Way()), ("b", Way(mode=Mode.INSTANT)), ("b", Way(ignores_quiet=True))]
    assert merged(ways) == {"a": Way(), "b": Way(mode=Mode.INSTANT, ignores_quiet=True)}


# -- on one page -------------------------------------------------------------------------------------------------------

RULES = """
rules:
  talks: {terms: military talks, notify: desk, dedup: {window: 24h, by: url}}
  syria: {terms: Syria, notify: desk, priority: urgent}
"""
URL = "https://a.example/1"


def page(*entries: Entry, policy: Policy, routes: tuple[Route, ...] = ()) -> PollOutcome:
    return page_of(*entries, rules=RULES, restraints=restraints(policy, routes=routes))


def stages(outcome: PollOutcome) -> list[str]:
    return [each.verdict for each in outcome.decisions if each.channel == "desk"]


def test_what_is_held_stands_in_the_ledger() -> None:
    outcome = page(entry("Military talks"), policy=QUIET)
    (post,) = outcome.deliveries
    assert post.hold is not None
    assert [each.reason for each in outcome.decisions if each.verdict == "held"] == [post.hold.reason]


def test_what_a_channel_does_not_want_to_hear_of_is_no_alert_there() -> None:
    outcome = page(entry("Military talks"), policy=Policy(min_priority=HIGH))
    assert (outcome.deliveries, outcome.alerts) == ((), ())
    assert [each.reason for each in outcome.decisions if each.verdict == "below"] == [
        "not told, it hears of high priority and above"
    ]
    assert stages(page(entry("Syria"), policy=Policy(min_priority=HIGH))) == ["alert"]


def test_the_ledger_names_the_route() -> None:
    route = Route(name="route 1", notify=("chief",), also=True)
    outcome = page(entry("Military talks"), policy=Policy(), routes=(route,))
    assert [each.reason for each in outcome.decisions if each.verdict == "alert"] == [
        "rules talks notify desk",
        "rules talks notify chief by route 1",
    ]


def test_reports_of_one_page_wait_with_their_first_and_go_with_what_is_urgent() -> None:
    calm, urgent = entry("Military talks", url=URL), entry("Syria", number=2, url=URL)
    post, reply = page(urgent, calm, policy=QUIET).deliveries  # feeds give the newest first
    assert (post.kind, reply.kind) == (DeliveryKind.POST, DeliveryKind.REPLY)
    assert (post.hold, reply.hold) == (None, None)
    post, reply = page_of(urgent, calm, rules=RULES.replace("urgent", "high"), restraints=restraints(QUIET)).deliveries
    assert post.hold == reply.hold is not None


def test_a_reply_to_what_is_out_may_be_held_alone() -> None:
    outcome = again("Syria, again", alert(), restraints=restraints(QUIET), rules=RULES.replace("urgent", "high"))
    kinds = {each.kind: each.hold is not None for each in outcome.deliveries}
    assert kinds == {DeliveryKind.REPLY: True, DeliveryKind.EDIT: False}


def test_a_flood_that_is_held_is_not_folded_on_the_way() -> None:
    many = [entry(f"Military talks number {number} of the day", number=number) for number in range(1, 25)]
    feed = replace(FEED, backlog=Backlog.ALERT)
    outcome = page_of(*many, rules=RULES, feed=feed, restraints=restraints(QUIET))
    assert {each.kind for each in outcome.deliveries} == {DeliveryKind.POST}
    waiting = page_of(*many, rules=RULES, feed=feed, restraints=restraints(WAITING))
    assert [each.kind for each in waiting.deliveries] == [DeliveryKind.DIGEST]


def test_a_reply_to_what_the_same_page_folds_leaves_a_row() -> None:
    made, matcher = draft(), ruleset(RULES)
    many = [entry(f"Military talks number {n} of the day", number=n, url=f"https://a.example/{n}") for n in range(22)]
    update = entry("Syria", number=99, url=many[0].url)
    for each in (*many, update):
        made.consider(each, matcher.match(each, ()))
    assert [each.kind for each in made.replies] == [DeliveryKind.REPLY]
    made.fold()
    assert [each.kind for each in made.deliveries] == [DeliveryKind.DIGEST]
    of_update = [(each.verdict, each.reason) for each in made.decisions if each.entry_id == update.id]
    assert of_update[-1] == ("digest", "no reply: the digest tells the story")


# -- when it is over ---------------------------------------------------------------------------------------------------

MESSAGE = Message(
    title=Excerpt(text="Talks"), url="", feed="wire", published=None, seen_at=NOW, language="en", priority=NORMAL,
    reasons=(Reason(rule="talks", title="Talks", found=()),), excerpts=(),
)  # fmt: skip


def held(
    number: int,
    kind: HoldKind = HoldKind.QUIET,
    *,
    until: datetime | None = NOW,
    alert_id: str | None = None,
    reply: str = "",
    **changes: object,
) -> HeldDelivery:
    message = replace(MESSAGE, title=Excerpt(text=f"Talks {number}"), note=reply, **changes)  # type: ignore[arg-type]
    delivery = Delivery(
        key=f"k{number}",
        alert_id=f"a{number}" if alert_id is None else alert_id,
        channel="desk",
        kind=DeliveryKind.REPLY if reply else DeliveryKind.POST,
        message=message,
        created_at=NOW - HOUR,
        hold=Hold(kind=kind, reason=f"{kind.value} until then", until=until),
    )
    return HeldDelivery(delivery=delivery, seq=number, story_id=f"s{number}")


def end(
    *some: HeldDelivery,
    policy: Policy = AT_ONCE,
    windows: tuple[Maintenance, ...] = (),
    **rules: Rule,
) -> tuple[Ending, ...]:
    directory = Directory(rules=rules, source_tags={"wire": ("state",)})
    return end_holds(some, restraints(policy, *windows), directory, NOW)


def items(digest: Delivery) -> list[str]:
    assert isinstance(digest.message, Digest)
    return [item.title.text for item in digest.message.items]


def test_a_few_are_sent_one_by_one_in_their_order() -> None:
    assert end(held(2), held(1), held(3)) == (Release(keys=("k1", "k2", "k3")),)
    assert end() == ()


def test_many_are_told_in_one_and_the_urgent_by_itself() -> None:
    released, fold = end(*(held(number) for number in range(6)), held(9, priority=URGENT))
    assert released == Release(keys=("k9",))
    assert isinstance(fold, Fold)
    assert fold.keys == tuple(f"k{number}" for number in range(6))
    assert isinstance(fold.digest.message, Digest)
    assert fold.digest.message.title.text == "After the quiet hours: 6 stories since 11:00 UTC"
    assert fold.digest.message.reason == "quiet"


def test_what_was_held_for_a_digest_is_one_message_by_priority_and_size() -> None:
    wide = Coverage(sources=2, entries=5, first_at=NOW, last_at=NOW)
    (fold,) = end(
        held(1, HoldKind.DIGEST, priority=LOW),
        held(2, HoldKind.DIGEST),
        held(3, HoldKind.DIGEST, coverage=wide),
        held(4, HoldKind.DIGEST, priority=HIGH),
        policy=DAILY,
    )
    assert isinstance(fold, Fold)
    assert items(fold.digest) == ["Talks 4", "Talks 3", "Talks 2", "Talks 1"]
    assert isinstance(fold.digest.message, Digest)
    assert fold.digest.message.title.text == "Digest: 4 stories since 11:00 UTC"
    assert fold.digest.message.reason == "the digest of this channel, daily 13:30 UTC"


def test_replies_are_part_of_the_item_of_their_story() -> None:
    (fold,) = end(
        held(1, HoldKind.DIGEST, alert_id="a"),
        held(2, HoldKind.DIGEST, alert_id="a", reply="also reported by tass"),
        held(3, HoldKind.DIGEST, alert_id="a", reply="update: 10 → 50; also reported by echo"),
        held(4, HoldKind.DIGEST, alert_id="b", reply="later report"),
        held(5, HoldKind.DIGEST, alert_id="b", reply="later report", priority=HIGH),
        policy=DAILY,
    )
    assert isinstance(fold, Fold)
    assert fold.keys == ("k1", "k2", "k3", "k4", "k5")
    assert isinstance(fold.digest.message, Digest)
    assert [(item.title.text, item.note, item.priority) for item in fold.digest.message.items] == [
        ("Talks 4", "later report; 1 later report", HIGH),
        ("Talks 1", "2 later reports; update: 10 → 50; also reported by echo", NORMAL),
    ]


def test_a_digest_in_quiet_hours_waits_for_their_end() -> None:
    ending = end(held(1, HoldKind.DIGEST), policy=replace(DAILY, quiet=QUIET.quiet))
    (hold_on,) = ending
    assert isinstance(hold_on, HoldOn)
    assert (hold_on.hold.kind, hold_on.hold.until) == (HoldKind.DIGEST, NOW + 2 * HOUR)


def test_a_digest_in_a_maintenance_waits_for_its_end() -> None:
    (hold_on,) = end(held(1, HoldKind.DIGEST), policy=DAILY, windows=(SUNDAY,))
    assert isinstance(hold_on, HoldOn)
    assert (hold_on.hold.kind, hold_on.hold.until) == (HoldKind.MAINTENANCE, NOW + 3 * HOUR)


def test_what_is_let_go_meets_the_policy_again() -> None:
    (hold_on,) = end(held(1), policy=DAILY)
    assert isinstance(hold_on, HoldOn)
    assert (hold_on.hold.kind, hold_on.hold.until) == (HoldKind.DIGEST, NOW + 1.5 * HOUR)
    (hold_on,) = end(held(1), policy=QUIET)
    assert isinstance(hold_on, HoldOn)
    assert hold_on.hold.until == NOW + 2 * HOUR
    assert end(held(1), policy=WAITING) == (Release(keys=("k1",)),), "it has waited"


def test_a_channel_that_lost_its_digest_is_told() -> None:
    later = NOW + 20 * HOUR
    assert end(held(1, HoldKind.DIGEST, until=later)) == (Release(keys=("k1",)),)
    (fold,) = end(*(held(number, HoldKind.DIGEST, until=later) for number in range(6)))
    assert isinstance(fold, Fold)


@pytest.mark.parametrize(
    ("kind", "until", "policy", "ended"),
    [
        (HoldKind.DIGEST, NOW + 1.5 * HOUR, DAILY, []),
        (HoldKind.DIGEST, NOW + HOUR, DAILY, []),  # today's waits for the morning: it is not put off until tomorrow's
        (HoldKind.DIGEST, NOW + 48 * HOUR, DAILY, [NOW + 1.5 * HOUR]),  # it was weekly before
        (HoldKind.QUIET, NOW + 2 * HOUR, QUIET, []),
        (HoldKind.QUIET, None, QUIET, [NOW + 2 * HOUR]),
        (HoldKind.WAIT, NOW + MINUTE, WAITING, []),
        (HoldKind.MUTE, NOW, Policy(), []),
        (HoldKind.BREAKER, NOW, Policy(), []),
    ],
)
def test_what_is_not_over_goes_on(
    kind: HoldKind, until: datetime | None, policy: Policy, ended: list[datetime]
) -> None:
    endings = end(held(1, kind, until=until), policy=policy)
    assert [each.hold.until for each in endings if isinstance(each, HoldOn)] == ended
    assert len(endings) == len(ended)


@pytest.mark.parametrize("kind", [HoldKind.QUIET, HoldKind.DIGEST, HoldKind.WAIT])
def test_what_becomes_urgent_waits_no_more(kind: HoldKind) -> None:
    policy = replace(QUIET, digest=DAILY.digest, wait=MINUTE)
    later = NOW + HOUR
    post, reply = (
        held(1, kind, until=later, alert_id="a"),
        held(2, kind, until=later, alert_id="a", reply="new rule: x", priority=URGENT),
    )
    assert end(post, reply, policy=policy) == (Release(keys=("k1", "k2")),)


def test_mere_reports_are_part_of_a_first_message_that_waited() -> None:
    endings = end(
        held(1, HoldKind.WAIT, alert_id="a"),
        held(2, HoldKind.WAIT, alert_id="a", reply="also reported by tass"),
        held(3, HoldKind.WAIT, alert_id="a", reply="update: 10 → 50"),
        held(4, HoldKind.WAIT, alert_id="b"),
    )
    assert endings == (Drop(keys=("k2",), reason="the first message tells it"), Release(keys=("k1", "k3", "k4")))


def test_a_maintenance_is_told_in_one_at_its_end() -> None:
    assert end(held(1, HoldKind.MAINTENANCE)) == (Release(keys=("k1",)),)
    (fold,) = end(held(1, HoldKind.MAINTENANCE), held(2, HoldKind.MAINTENANCE))
    assert isinstance(fold, Fold)
    assert isinstance(fold.digest.message, Digest)
    assert fold.digest.message.title.text == "After maintenance: 2 stories since 11:00 UTC"


def test_what_is_a_digest_itself_is_sent_as_it_is() -> None:
    whole = Digest(title=Excerpt(text="21 alerts"), reason="", priority=NORMAL, items=(MESSAGE,), count=21)
    one = held(1)
    endings = end(replace(one, delivery=replace(one.delivery, message=whole)), *(held(n) for n in range(2, 9)))
    assert endings[0] == Release(keys=("k1",))
    assert isinstance(endings[1], Fold)


def test_a_route_is_asked_again() -> None:
    rule = Rule(id="talks", title="", notify=("desk",))
    around = Route(name="route 1", notify=("desk",), way=Way(ignores_quiet=True))
    directory = Directory(rules={"talks": rule}, source_tags={})
    ending = end_holds([held(1)], restraints(QUIET, routes=(around,)), directory, NOW)
    assert ending == (Release(keys=("k1",)),)


def test_a_title_names_the_day_of_what_is_older() -> None:
    old = held(1, HoldKind.DIGEST)
    old = replace(old, delivery=replace(old.delivery, created_at=NOW - 40 * HOUR))
    digest = preview([old, held(2, HoldKind.QUIET)], DAILY, NOW)
    assert digest is not None
    assert digest.title.text == "Digest: 1 story since 2026-02-27 20:00 UTC"
    assert preview([held(2, HoldKind.QUIET)], DAILY, NOW) is None


def test_what_this_program_says_itself_is_held_as_well() -> None:
    notices = notice_of_mistakes(["x"], ["desk"], NOW)
    (admitted,) = admit(notices, restraints(QUIET), Directory(), NOW)
    assert admitted.hold is not None
    assert admitted.hold.kind is HoldKind.QUIET
    assert admit(notices, restraints(Policy(min_priority=URGENT)), Directory(), NOW) == notices
    of_rule = [replace(notices[0], message=MESSAGE)]
    assert admit(of_rule, restraints(Policy(min_priority=URGENT)), Directory(), NOW) == ()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([HoldKind.WAIT, HoldKind.QUIET, HoldKind.DIGEST, HoldKind.MAINTENANCE]),
            st.integers(0, 3),  # the alert
            st.sampled_from(["", "later report", "update: 1 → 2"]),
            st.sampled_from(Priority),
        ),
        max_size=12,
    ),
    st.sampled_from([AT_ONCE, QUIET, DAILY, WAITING, replace(DAILY, quiet=QUIET.quiet, instant=HIGH)]),
)
@settings(max_examples=60)
def test_all_that_is_over_ends_once_or_is_held_on(
    some: list[tuple[HoldKind, int, str, Priority]], policy: Policy
) -> None:
    kept = [
        held(number, kind, alert_id=f"a{about}", reply=note, priority=priority)
        for number, (kind, about, note, priority) in enumerate(some)
    ]
    endings = end(*kept, policy=policy)
    keys = [key for ending in endings for key in ending.keys]
    assert sorted(keys) == sorted(each.delivery.key for each in kept)
    for ending in endings:
        if isinstance(ending, HoldOn):
            assert ending.hold.until is not None
            assert ending.hold.until > NOW
