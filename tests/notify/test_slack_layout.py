from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Excerpt, Message, Priority, Reason
from monitor.notify.slack_layout import TEXT_LIMIT, blocks, fallback, plain
from monitor.testing import check_blocks
from monitor.testing.slack_limits import MOST_CHARACTERS, too_long

DATE = re.compile(r"(seen )?(<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-\d: ]{17}UTC>|[-\d: ]{17}UTC)")


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
    )


any_message = st.builds(
    assemble,
    st.lists(st.text(max_size=12), min_size=1, max_size=4),
    st.integers(1, 100),
    st.integers(1, 7),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=10),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants bounds without a zone
)


@given(any_message)
def test_no_text_makes_blocks_that_slack_refuses(message: Message) -> None:
    made = blocks(message)
    assert check_blocks(made) == []
    assert not too_long(made)
    json.dumps(made, ensure_ascii=False).encode()


@given(any_message)
def test_no_text_reaches_slack_as_markup(message: Message) -> None:
    for text in (fallback(message), plain(message)):
        assert len(text) <= TEXT_LIMIT
        assert "<" not in text
        text.encode()
    date = blocks(message)[-1]["elements"]
    marked_up = [element["text"] for element in date if element["type"] == "mrkdwn"]
    assert [bool(DATE.fullmatch(text)) for text in marked_up] == [True]


def test_the_greediest_message_stays_under_slacks_limit(latin: Message) -> None:
    def greedy(size: int) -> Excerpt:
        return Excerpt(text='"\\' * size, marks=tuple((2 * n, 2 * n + 1) for n in range(size)))

    reason = Reason(rule="r", title='"' * 500, found=tuple((f'"{n}' * 60, ('"' * 90,) * 9) for n in range(20)))
    for url in ("https://example.org/" + "x" * 1970, "https://example.org/" + "x" * 100, "https://example.org/"):
        message = Message(
            title=greedy(400),
            url=url,
            feed='"' * 500,
            published=None,
            seen_at=latin.seen_at,
            language='"' * 500,
            priority=Priority.URGENT,
            reasons=(reason,) * 30,
            excerpts=(greedy(400),) * 9,
        )
        made = blocks(message)
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
