from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Acknowledged, Coverage, Delivery, Digest, Excerpt, Message, Parent, Priority, Reason
from monitor.notify.slack_buttons import buttons_of
from monitor.notify.slack_layout import TEXT_LIMIT, blocks, fallback, plain
from monitor.notify.slack_text import label
from monitor.testing import check_blocks
from monitor.testing.slack_limits import MOST_CHARACTERS, too_long
from tests.notify.hostile import any_digest, any_message, any_reply

DATE = re.compile(r"(seen )?(<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-\d: ]{17}[\w/]+>|[-\d: ]{17}[\w/]+)")


ALERT = "a" * 32


@given(any_message)
def test_no_text_makes_blocks_that_slack_refuses(message: Message) -> None:
    made = blocks(message, buttons=buttons_of(message, ALERT))
    assert made[-1]["type"] == "actions"
    assert check_blocks(made) == []
    assert not too_long(made)
    json.dumps(made, ensure_ascii=False).encode()


@given(any_message)
def test_no_text_reaches_slack_as_markup(message: Message) -> None:
    for text in (fallback(message), plain(message)):
        assert len(text) <= TEXT_LIMIT
        assert "<" not in text
        text.encode()
    made = blocks(message, buttons=buttons_of(message, ALERT))
    context = [element for block in made if block["type"] == "context" for element in block["elements"]]
    marked_up = [element["text"] for element in context if element["type"] == "mrkdwn"]
    counted = message.coverage is not None
    assert len(marked_up) == 1 + counted + (message.acknowledged is not None)
    for text in marked_up[counted:]:
        assert DATE.fullmatch(text)
    for text in labels(made[-1]):
        assert "<" not in text
        assert len(text) <= 75


def labels(row: dict[str, Any]) -> list[str]:
    """All that a row of buttons shows."""
    options = [option for element in row["elements"] for option in element.get("options", ())]
    return [each["text"]["text"] for each in (*row["elements"], *options) if "text" in each]


def test_the_buttons_name_what_they_mute(latin: Message) -> None:
    (row,) = buttons_of(latin, ALERT)
    assert labels(row) == [
        *("Acknowledge", "Relevant", "Not relevant", "Why?"),
        *("This story", "Rule: US–Russia military contacts over Syria", "Rule: Sergei Shoygu", "Source: guardian"),
    ]
    assert check_blocks([row]) == []
    taken = replace(latin, acknowledged=Acknowledged(by="@anna", at=latin.seen_at))
    assert labels(buttons_of(taken, ALERT)[0])[0] == "Relevant"
    assert buttons_of(latin, "") == [], "it is about no entry"


def test_what_is_held_has_its_own_buttons_and_a_digest_has_none(latin: Message, crowd: Digest) -> None:
    (row,) = buttons_of(replace(latin, breaker="3f2a1b00"), "")
    assert labels(row) == ["Release", "Discard", "Mute 24 h"]
    assert check_blocks([row]) == []
    assert buttons_of(crowd, ALERT) == []


@given(st.text(max_size=200))
def test_a_label_is_never_too_long_nor_markup(text: str) -> None:
    shown = label(f"Rule: {text}")["text"]
    assert 1 <= len(shown) <= 75
    assert "<" not in shown


def test_the_greediest_message_stays_under_slacks_limit(latin: Message) -> None:
    def greedy(size: int) -> Excerpt:
        return Excerpt(text='"\\' * size, marks=tuple((2 * n, 2 * n + 1) for n in range(size)))

    found = tuple((f'"{n}' * 60, ('"' * 90,) * 9) for n in range(20))
    reasons = tuple(Reason(rule=f"r{number}", title='"' * 500, found=found) for number in range(30))
    for url in ("https://example.org/" + "x" * 1970, "https://example.org/" + "x" * 100, "https://example.org/"):
        message = Message(
            title=greedy(400),
            url=url,
            feed='"' * 500,
            published=None,
            seen_at=latin.seen_at,
            language='"' * 500,
            priority=Priority.URGENT,
            reasons=reasons,
            excerpts=(greedy(400),) * 9,
            note='"' * 500,
            coverage=Coverage(sources=10**9, entries=10**9, first_at=latin.seen_at, last_at=latin.seen_at),
            acknowledged=Acknowledged(by='"' * 500, at=latin.seen_at),
        )
        digest = Digest(
            title=greedy(400), reason='"' * 500, priority=Priority.URGENT, items=(message,) * 50, count=10**9
        )
        about = Parent(key="k", ref="", message=message)
        for made in (blocks(message, about, buttons=buttons_of(message, ALERT)), blocks(digest)):
            assert check_blocks(made) == []
            assert len(json.dumps(made, ensure_ascii=False)) <= MOST_CHARACTERS


def test_slacks_own_commands_stay_text(latin: Message) -> None:
    hostile = Message(
        title=Excerpt(text="<!channel> *bold* <https://evil.example|click> & `code` :tada:"),
        url="javascript:alert(1)",
        feed="<!here>",
        published=None,
        seen_at=latin.seen_at,
        language="<@U123>",
        priority=Priority.LOW,
        reasons=latin.reasons,
        excerpts=(),
    )
    title, context = blocks(hostile)[0]["elements"][0]["elements"][2], blocks(hostile)[1]["elements"]
    assert title == {"type": "text", "text": "<!channel> *bold* <https://evil.example|click> & `code` :tada:"}
    assert [element["type"] for element in context] == ["plain_text", "mrkdwn", "plain_text"]
    assert context[0]["text"] == "&lt;!here&gt;"
    assert fallback(hostile).startswith("[low] &lt;!channel&gt; *bold*")


@given(any_reply)
def test_no_reply_is_refused_or_marked_up(delivery: Delivery) -> None:
    for about in (None, delivery.parent):
        made = blocks(delivery.message, about)
        assert check_blocks(made) == []
        assert not too_long(made)
        assert "<" not in plain(delivery.message, about)
    assert "<" not in fallback(delivery.message)


@given(any_digest)
def test_no_digest_is_refused_and_none_hides_how_many_it_tells(digest: Digest) -> None:
    (made,) = blocks(digest)
    assert check_blocks([made]) == []
    assert not too_long([made])
    lists = [element for element in made["elements"] if element["type"] == "rich_text_list"]
    shown = sum(len(each["elements"]) for each in lists)
    last = made["elements"][-1]["elements"][-1].get("text", "")
    assert shown == digest.count or last == f"and {digest.count - shown} more"
    text = plain(digest)
    assert len(text) <= TEXT_LIMIT
    assert "<" not in text + fallback(digest)


def test_of_fifty_ordinary_alerts_most_are_shown(latin: Message) -> None:
    digest = Digest(
        title=Excerpt(text="50 alerts: Syria"), reason="", priority=Priority.LOW, items=(latin,) * 50, count=50
    )
    head, items, more = blocks(digest)[0]["elements"]
    assert len(head["elements"]) == 3
    assert len(items["elements"]) >= 30
    assert more["elements"][0]["text"] == f"and {50 - len(items['elements'])} more"
