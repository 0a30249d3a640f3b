"""A frozen message comes back as it was, whatever text it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import StoreError
from monitor.model import Coverage, Digest, Excerpt, Message, Priority, Reason
from monitor.store import SqlStore
from monitor.store.payload import freeze, thaw
from tests.store.builders import (
    LEASE,
    NOW,
    claim_one,
    make_alert,
    make_delivery,
    make_message,
    make_outcome,
    make_story,
)


def few(each: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Draw tuples of up to three: a message is made of many."""
    return st.lists(each, max_size=3).map(tuple)


text = st.text()
excerpts = st.builds(Excerpt, text=text, marks=few(st.tuples(st.integers(0, 99), st.integers(0, 99))))
reasons = st.builds(Reason, rule=text, title=text, found=few(st.tuples(text, few(text))))
times = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
coverages = st.builds(Coverage, sources=st.integers(), entries=st.integers(), first_at=times, last_at=times)
messages = st.builds(
    Message,
    title=excerpts,
    url=text,
    feed=text,
    published=st.none() | times,
    seen_at=times,
    language=text,
    priority=st.sampled_from(Priority),
    reasons=few(reasons),
    excerpts=few(excerpts),
    note=text,
    broadcast=st.booleans(),
    coverage=st.none() | coverages,
)
digests = st.builds(
    Digest,
    title=excerpts,
    reason=text,
    priority=st.sampled_from(Priority),
    items=few(messages),
    count=st.integers(),
)


@settings(max_examples=25)
@given(messages | digests)
def test_any_message_comes_back(message: Message | Digest) -> None:
    frozen = freeze(message)
    assert "\x00" not in frozen
    assert thaw(frozen) == message


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_half_characters_keep_the_marks_in_place(title: str) -> None:
    frozen = freeze(make_message(title))
    assert frozen.encode()
    assert len(thaw(frozen).title.text) == len(title)


def test_a_message_comes_back_from_the_store(store: SqlStore) -> None:
    message = make_message("NUL \x00, tab \t, «ёлки», 😀, \\u0000, '; DROP TABLE delivery; --", published=None)
    story = make_story("a")
    alert = make_alert(story)
    owed = replace(make_delivery(alert), message=message)
    lease = claim_one(store)
    store.record(make_outcome(lease, stories=(story,), alerts=(alert,), deliveries=(owed,)), NOW)
    (claimed,) = store.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)
    assert claimed.delivery.message == message


def test_a_newer_version_is_refused() -> None:
    newer = json.dumps(json.loads(freeze(make_message())) | {"version": 3})
    with pytest.raises(StoreError, match="version 3"):
        thaw(newer)


def test_what_the_first_version_wrote_is_read() -> None:
    form = json.loads(freeze(make_message("old"))) | {"version": 1}
    for key in ("note", "broadcast", "coverage"):
        del form[key]
    assert thaw(json.dumps(form)) == make_message("old")


def test_a_damaged_digest_is_an_error_and_no_crash() -> None:
    digest = Digest(title=Excerpt(text="x"), reason="", priority=Priority.LOW, items=(make_message(),), count=1)
    damages: tuple[dict[str, object], ...] = ({"items": [{}]}, {"items": 3}, {"count": None, "title": []})
    for damage in damages:
        with pytest.raises(StoreError, match="cannot be read"):
            thaw(json.dumps(json.loads(freeze(digest)) | damage))
