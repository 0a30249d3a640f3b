"""Messages of every kind, each part of them filled with text from people who mean no good."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from monitor.model import (
    Acknowledged,
    Coverage,
    Delivery,
    DeliveryKind,
    Digest,
    Excerpt,
    Message,
    Parent,
    Priority,
    Reason,
)


def assemble(texts: list[str], times: int, count: int, marks: list[tuple[int, int]], moment: datetime) -> Message:
    """Fill every part of a message with hostile text."""

    def text(number: int) -> str:
        return (texts[number % len(texts)] * times)[:500]

    def excerpt(number: int) -> Excerpt:
        return Excerpt(text=text(number), marks=tuple(marks))

    def reason(number: int) -> Reason:
        found = tuple((text(n), (text(n + 1),) * count) for n in range(count))
        return Reason(rule=text(number), title=text(number + 1), found=found)

    return Message(
        title=excerpt(count),
        url=f"https://example.org/{text(count)}" if count % 2 else text(count),
        feed=text(count + 1),
        published=moment if count % 3 else None,
        seen_at=moment,
        language=text(count + 2),
        priority=list(Priority)[count % 4],
        reasons=tuple(reason(number) for number in range(count)),
        excerpts=tuple(excerpt(number) for number in range(count % 4)),
        note=text(count + 3),
        broadcast=count % 2 == 0,
        zone=("UTC", "Europe/Paris", "Pacific/Auckland")[count % 3],
        coverage=Coverage(sources=count, entries=count + 1, first_at=moment, last_at=moment) if count % 3 else None,
        acknowledged=Acknowledged(by=text(count + 4), at=moment) if count % 2 else None,
    )


_texts = st.lists(st.text(max_size=12), min_size=1, max_size=4)
_marks = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=10)
_moments = st.datetimes(timezones=st.just(UTC))

any_message = st.builds(assemble, _texts, st.integers(1, 100), st.integers(1, 7), _marks, _moments)
_any_item = st.builds(assemble, _texts, st.sampled_from([1, 3]), st.integers(1, 2), _marks, _moments)

any_digest = st.builds(
    lambda messages, times, more: Digest(
        title=messages[0].title,
        reason=messages[0].note,
        priority=messages[0].priority,
        items=tuple(messages * times),
        count=len(messages) * times + more,
    ),
    st.lists(_any_item, min_size=1, max_size=3),
    st.sampled_from([1, 2, 20]),
    st.sampled_from([0, 0, 1, 120]),
)

any_parent = st.builds(Parent, key=st.just("b" * 32), ref=st.just(""), message=_any_item)


def _deliver(kind: DeliveryKind, message: Message | Digest, parent: Parent | None) -> Delivery:
    return Delivery(
        key="c" * 32,
        alert_id="a" * 32,
        channel="desk",
        kind=kind,
        message=message,
        created_at=datetime(2015, 9, 18, 14, 5, tzinfo=UTC),
        attempts=1,
        parent=parent,
    )


any_reply = st.builds(_deliver, st.just(DeliveryKind.REPLY), _any_item, st.none() | any_parent)
any_delivery = any_reply | st.builds(_deliver, st.just(DeliveryKind.DIGEST), any_digest, st.none())
