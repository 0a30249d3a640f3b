"""What is told after all: none is left out, and none is told twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.decide.owed import digest_key
from monitor.decide.parcels import Parcel, Words, parcels_of, parcels_of_many
from monitor.model import DeliveryKind, Digest, HeldDelivery, Message, Priority
from tests.store.builders import NOW, key, make_alert, make_delivery, make_message, make_story

WORDS = Words(title="held back", reason="released", event="b1")


def held(number: int, *kinds: DeliveryKind, channel: str = "desk") -> list[HeldDelivery]:
    """Hold messages of these kinds about one story."""
    story = make_story(f"{number}")
    post = make_delivery(make_alert(story, channel), f"story {number}", channel=channel)
    made: list[HeldDelivery] = []
    for kind in kinds:
        one = replace(post, key=key(f"{channel} {number} {kind}").hex(), kind=kind)
        if kind is DeliveryKind.DIGEST:
            message = Digest(
                title=post.message.title, reason="", priority=post.message.priority, items=(make_message(),), count=1
            )
            one = replace(one, alert_id="", message=message)
        made.append(HeldDelivery(delivery=one, seq=len(made) + 10 * number, story_id=story.id))
    return made


def pack(some: list[HeldDelivery]) -> tuple[Parcel, ...]:
    return parcels_of(some, WORDS, now=NOW)


POST, REPLY, DIGEST = DeliveryKind.POST, DeliveryKind.REPLY, DeliveryKind.DIGEST


@pytest.mark.parametrize(("count", "sizes"), [(5, [None]), (6, [6]), (26, [25, 1]), (250, [25] * 10)])
def test_few_go_out_as_they_are_and_many_together(count: int, sizes: list[int | None]) -> None:
    parcels = pack([each for number in range(count) for each in held(number, POST)])
    assert [parcel.digest.message.count if parcel.digest else None for parcel in parcels] == sizes  # type: ignore[union-attr]


def test_very_many_are_ten_digests_the_last_of_which_counts_the_rest() -> None:
    *_, last = pack([each for number in range(400) for each in held(number, POST)])
    assert last.digest is not None
    assert isinstance(last.digest.message, Digest)
    assert (last.digest.message.count, len(last.digest.message.items), len(last.keys)) == (175, 50, 175)


def test_the_beginning_of_very_many_names_the_first_and_counts_the_rest() -> None:
    first = [each for number in range(230) for each in held(number, POST, REPLY)]
    urgent = [replace_priority(each) for each in held(900, POST)]
    *pages, last = parcels_of_many(first, [*urgent, *held(3, POST)], WORDS, alerts=50_000, rest="b1 rest 0", now=NOW)
    assert [len(page.keys) for page in pages] == [50] * 9
    assert last.keys == ()
    assert last.digest is not None
    assert isinstance(last.digest.message, Digest)
    titles = [item.title.text for item in last.digest.message.items]
    assert titles == ["story 900", *(f"story {number}" for number in range(225, 230))]
    assert (last.digest.message.title.text, last.digest.message.count) == ("49775 held back", 49_775)
    assert last.digest.key == digest_key("b1 rest 0", "desk")


def test_nothing_is_packed_of_what_cannot_be_read() -> None:
    assert parcels_of_many([], held(1, POST), WORDS, alerts=50_000, rest="b1 rest 0", now=NOW) == ()
    assert parcels_of_many(held(1, DIGEST), [], WORDS, alerts=50_000, rest="b1 rest 0", now=NOW) == ()


def replace_priority(each: HeldDelivery) -> HeldDelivery:
    message = replace(each.delivery.message, priority=Priority.URGENT)
    return replace(each, delivery=replace(each.delivery, message=message))


def test_a_reply_is_told_with_its_story_or_as_an_item_of_its_own() -> None:
    some = [each for number in range(6) for each in held(number, POST, REPLY)]
    (parcel,) = pack([*some, *held(7, REPLY)])
    assert parcel.digest is not None
    assert isinstance(parcel.digest.message, Digest)
    titles = [item.title.text for item in parcel.digest.message.items]
    assert titles == [*(f"story {number}" for number in range(6)), "story 7"]
    assert parcel.digest.message.title.text == "7 held back"
    assert len(parcel.keys) == 13


def test_each_channel_has_its_own() -> None:
    parcels = pack([*held(0, POST), *held(1, POST, channel="chief")])
    assert [len(parcel.keys) for parcel in parcels] == [1, 1]


def test_a_digest_goes_out_as_it_is_before_what_is_put_together() -> None:
    ready = held(9, DIGEST)
    first, second = pack([*(each for number in range(6) for each in held(number, POST)), *ready])
    assert (first.keys, first.digest) == ((ready[0].delivery.key,), None)
    assert second.digest is not None
    assert len(second.keys) == 6


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from([(POST,), (REPLY,), (POST, REPLY), (DIGEST,)]), st.sampled_from(["desk", "chief"])),
        max_size=70,
    )
)
def test_everything_is_told_once(kinds: list[tuple[tuple[DeliveryKind, ...], str]]) -> None:
    some = [each for number, (of, channel) in enumerate(kinds) for each in held(number, *of, channel=channel)]
    parcels = pack(some)
    packed = [parcel_key for parcel in parcels for parcel_key in parcel.keys]
    assert sorted(packed) == sorted(each.delivery.key for each in some)
    digests = [parcel.digest for parcel in parcels if parcel.digest]
    assert len({digest.key for digest in digests}) == len(digests)
    for parcel in parcels:
        channels = {each.delivery.channel for each in some if each.delivery.key in parcel.keys}
        assert len(channels) == 1
        messages = [each.delivery.message for each in some if each.delivery.key in parcel.keys]
        assert parcel.digest is None or all(isinstance(message, Message) for message in messages)
