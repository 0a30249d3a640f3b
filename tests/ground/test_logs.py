"""Nothing that is logged, by us or by a library, holds a secret; each event is one line."""

import io
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
import structlog

from monitor import logs
from monitor.secret import Secret

SHAPES = {
    "user and password": "https://user:s3cret@example.org/rss",
    "user alone": "https://s3cret@example.org/rss",
    "password with an @": "https://user:s3@s3cret@example.org/rss",
    "password with a question mark and a hash": "postgresql://user:s3cret?s3cret#s3cret@db/monitor",
    "query": "https://example.org/rss?key=s3cret&token=s3cret",
    "fragment": "https://example.org/rss#s3cret",
    "query in quotes": "URL('https://example.org/rss?key=s3cret')",
    "two URLs in one word": "https://a.example,https://b.example?s3cret",
    "Slack's bot token": "xoxb-17653672481-s3cret",
    "Slack's user token": "xoxp-17653672481-s3cret",
    "Slack's new token": "xoxe.xoxb-1-s3cret",
    "Slack's app token": "xapp-1-A1-s3cret",
    "token behind a word": "tokenxoxb-17653672481-s3cret",
    "Slack's webhook": "https://hooks.slack.com/services/T00/B00/s3cret",
    "Slack's webhook, host and path": "hooks.slack.com:443 /services/T00/B00/s3cret-s3cret.s3cret%s3cret",
    "Slack's workflow": "https://hooks.slack.com/workflows/T00/A00/1/s3cret",
    "Slack's trigger": "https://hooks.slack.com/triggers/T00/1/s3cret",
    "Discord's webhook": "https://discord.com/api/webhooks/1/s3cret-s3cret",
    "a request's first line": '"GET /rss?key=s3cret&x=1 HTTP/1.1" 200',
    "a request's path alone": "/rss?s3cret",
    "a path in a call": "URL(path='/rss?s3cret')",
    "bearer": "Authorization: Bearer s3cret.s3cret_s3cret==",
    "basic": "authorization: basic czNjcmV0s3cret==",
    "password by name": "password=s3cret",
    "password in YAML": "password: s3cret-s3cret",
    "password of words in quotes": "password: 'of s3cret words'",
    "token in a representation": "{'token': 's3cret'}",
    "token in JSON": '{"token": "s3cret"}',
    "key by name": "GET /rss?api_key=s3cret&x=1",
    "secret type": str(Secret("s3cret")),
}


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("slack_sdk", "sqlalchemy", "asyncio", "apscheduler")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(params=[io.StringIO, Terminal], ids=["json", "terminal"])
def stream(request: pytest.FixtureRequest) -> io.StringIO:
    made: io.StringIO = request.param()
    logs.configure("debug", made)
    return made


def raising(text: str) -> None:
    raise RuntimeError(f"cannot connect to {text}")


def in_an_exception(text: str) -> None:
    try:
        try:
            raising(text)
        except RuntimeError as error:
            raise ValueError(f"failed: {text}") from error
    except ValueError:
        structlog.get_logger().exception("it failed")


def in_a_library_s_exception(text: str) -> None:
    try:
        raising(text)
    except RuntimeError:
        logging.getLogger("aiohttp.client").exception("it failed with %s", text)


def in_a_context(text: str) -> None:
    structlog.contextvars.bind_contextvars(context=text)
    structlog.get_logger().info("with context")


WAYS: dict[str, Callable[[str], None]] = {
    "event": lambda text: structlog.get_logger().info(f"fetching {text}"),
    "value": lambda text: structlog.get_logger().debug("fetching", url=text),
    "list": lambda text: structlog.get_logger().info("fetching", urls=[text, (text, {text})]),
    "mapping": lambda text: structlog.get_logger().info("fetching", headers={"a": {text: text}}),
    "error": lambda text: structlog.get_logger().warning("failed", error=RuntimeError(text)),
    "bytes": lambda text: structlog.get_logger().warning("failed", raw=text.encode()),
    "representation": lambda text: structlog.get_logger().warning("failed", error=repr(f"\n{text}\n")),
    "bound": lambda text: structlog.get_logger().bind(url=text).error("failed"),
    "context": in_a_context,
    "exception": in_an_exception,
    "library": lambda text: logging.getLogger("some.library").debug(text),
    "library, percent": lambda text: logging.getLogger("some.library").info("fetching %s (%r)", text, [text]),
    "library, mapping": lambda text: logging.getLogger("some.library").info("fetching %(url)s", {"url": text}),
    "library, exception": in_a_library_s_exception,
    "library, stack": lambda text: logging.getLogger("x").warning("at %s", text, stack_info=True),
    "library, extra": lambda text: logging.getLogger("x").warning("at", extra={"url": text}),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_secret_comes_out(stream: io.StringIO, way: Callable[[str], None], text: str) -> None:
    way(text)
    told = stream.getvalue()
    assert told
    assert "s3cret" not in told


def test_what_was_read_as_a_secret_comes_out_nowhere(stream: io.StringIO) -> None:
    plain, odd = "correcthorsebattery", "with a/slash & more"
    Secret(plain)
    Secret(odd)
    Secret("Basic cGxhaW5seWlubm9jZW50")
    shapes = (plain, odd, "with%20a%2Fslash%20%26%20more", "with%20a/slash%20%26%20more", "cGxhaW5seWlubm9jZW50")
    for way in WAYS.values():
        for shape in shapes:
            way(f"a-word-{shape}-behind")
    told = stream.getvalue()
    assert told.count("a-word-") >= len(WAYS) * len(shapes)
    for shape in shapes:
        assert shape not in told


def test_a_secret_that_begins_like_another_comes_out_nowhere() -> None:
    Secret("xoxb-11112222")
    assert logs.redact("with xoxb-11112222-3333 and more") == "with *** and more"


def test_of_secrets_that_begin_alike_the_longest_is_taken_out_and_each_that_follows() -> None:
    values = [f"alike-in-the-first-letters-{number}" for number in (1, 10, 2)]
    for value in values:
        Secret(value)
    assert logs.redact(f"<{values[1]}>{values[2]};{values[0]}") == "<***>***;***"
    assert logs.redact("alike-in-the-first") == "alike-in-the-first"
    assert logs.redact(values[0][:-1] + "?") == values[0][:-1] + "?"


def test_a_short_secret_is_no_reason_to_take_words_apart() -> None:
    Secret("news")
    assert logs.redact("good news") == "good news"


def test_a_call_that_cannot_be_formatted_tells_only_whose_it_was(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("debug", stream)  # again: pytest's own handler, which raises, goes
    logging.getLogger("some.library").info("%d entries", "https://user:s3cret@example.org")
    told = stream.getvalue()
    assert told.startswith("a log line of some.library (")
    assert told.endswith("was lost: TypeError\n")
    assert "s3cret" not in told + "".join(capsys.readouterr())


def test_a_stream_that_is_closed_stops_nobody(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    stream.close()
    structlog.get_logger().info("nobody hears")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("plain words, a/path and mail@example.org", "plain words, a/path and mail@example.org"),
        ("https://example.org/rss is down", "https://example.org/rss is down"),
        ("is it in feeds/a or /b? yes", "is it in feeds/a or /b? yes"),
        ("GET /rss?a=b failed", "GET /rss?*** failed"),
        ("https://user:pw@example.org/rss?a=b is down", "https://***@example.org/rss?*** is down"),
        ("see https://mastodon.example/@desk/1", "see https://mastodon.example/@desk/1"),
        ("https://hooks.slack.com/services/T/B/x failed", "https://hooks.slack.com/services/*** failed"),
        ("xoxb-1-2 was refused", "*** was refused"),
        ("add token: ${SLACK_BOT_TOKEN}", "add token: ${SLACK_BOT_TOKEN}"),
        ("Bearer abcdef refused", "Bearer *** refused"),
        (
            "invalid_auth: Slack does not know this token: check it",
            "invalid_auth: Slack does not know this token: check it",
        ),
        ("the channel's secret: check its reference", "the channel's secret: check its reference"),
        ("both `token` and `token_file`: keep one", "both `token` and `token_file`: keep one"),
        ("password: hunter23 was refused", "password: *** was refused"),
        ("api_key: AbcdEfghIjkl", "api_key: ***"),
    ],
)
def test_what_is_no_secret_stays(text: str, kept: str) -> None:
    assert logs.redact(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "://",
        "x://",
        "a@",
        "://@",
        "?#",
        "xox",
        "xoxb-",
        "xoxb-1 ",
        "bearer ",
        "token",
        "token=",
        "token:",
        "token: ",
        "token: '",
        "/services/",
        "://a?",
        "/a?",
        " /a",
    ],
)
def test_redacting_takes_linear_time(text: str) -> None:
    started = time.perf_counter()
    logs.redact(text * (250_000 // len(text)))
    assert time.perf_counter() - started < 10


def test_elsewhere_than_on_a_terminal_each_event_is_one_line_of_json() -> None:
    stream = io.StringIO()
    logs.configure("info", stream)
    structlog.get_logger().info("polled\nwell", feed="guardian", entries=3, late=False, language=None, sources=["a", 1])
    logging.getLogger("some.library").warning("slow: %s", "x\ny")
    in_an_exception("nowhere")
    first, second, third = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "polled\nwell", "level": "info", "feed": "guardian", "entries": 3, "late": False, "language": None,
        "sources": ["a", 1],
    }  # fmt: skip
    assert (second["event"], second["level"]) == ("slow: x\ny", "warning")
    assert third["exception"].startswith("Traceback")
    assert "ValueError: failed: nowhere" in third["exception"]


def test_on_a_terminal_nothing_is_obeyed_that_came_from_outside() -> None:
    stream = Terminal()
    logs.configure("info", stream)
    structlog.get_logger().info("plain")
    ours = stream.getvalue().count("\x1b")
    structlog.get_logger().info("pl\x1b[2Jain")
    logging.getLogger("some.library").warning("\x1b]0;title\x07\x9b31m\r")
    added = stream.getvalue()
    assert added.count("\x1b") == 3 * ours
    assert not {"\x07", "\x9b", "\r"} & set(added)


def test_no_color_holds_for_log_lines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    logs.configure("info", stream)
    structlog.get_logger().info("plain", feed="guardian")
    assert "feed=guardian" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_a_tick_that_is_still_at_work_is_nobodys_business() -> None:
    stream = Terminal()
    logs.configure("debug", stream)
    logging.getLogger("apscheduler.scheduler").warning("skipped: maximum number of running instances reached (1)")
    assert stream.getvalue() == ""
    logging.getLogger("apscheduler.executors.default").error("a job raised")
    assert "a job raised" in stream.getvalue()


def test_lone_surrogates_are_written() -> None:
    raw = io.BytesIO()
    logs.configure("info", io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
    structlog.get_logger().info("title \ud800")
    assert json.loads(raw.getvalue())["event"] == "title \ud800"


def test_levels() -> None:
    stream = io.StringIO()
    logs.configure("warning", stream)
    structlog.get_logger().info("not told")
    logging.getLogger("some.library").info("not told")
    structlog.get_logger().warning("told")
    assert stream.getvalue().count("\n") == 1
    logs.configure("debug", stream)
    for leaky in ("slack_sdk.web", "sqlalchemy.engine", "apscheduler.executors", "aiohttp.access", "asyncio"):
        logging.getLogger(leaky).info("not told")
    assert stream.getvalue().count("\n") == 1
    logging.getLogger("slack_sdk").warning("told")
    assert stream.getvalue().count("\n") == 2


def test_standard_error_is_where_logs_go() -> None:
    program = "from monitor import logs; import structlog; logs.configure(); structlog.get_logger().info('here')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == ""
    assert json.loads(ran.stderr)["event"] == "here"
