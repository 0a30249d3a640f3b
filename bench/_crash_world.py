"""What the kill harness holds its daemons against: feeds that go on, Slack with history, a mail server, the oracle."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web

from bench._crash_node import PACE, SEND_DEADLINE, Life, hurried
from monitor.app import utc_now
from monitor.testing import FakeSlack, FakeSmtp, ReceivedMail, SlackMessage

LAG = timedelta(seconds=0.5)  # of Slack's history, as the machine counts
FEEDS = 9
POLL = timedelta(minutes=1)  # of every feed
_ECHO = "echo"  # a feed that repeats what others told, which another rule finds
_ON_PAGE = 40
_MOST_UNTOLD = 12  # entries: nothing falls off a page unread
_CODE = re.compile(r"zq[a-z]{10}")
_CODE_BYTES = re.compile(_CODE.pattern.encode())
_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*<[^>]+>")
# kills park feeds; who is stopped within a transaction finds it ended
_EXPECTED = ("feed parked for a day", "waited too long for this program")
_LETTERS = "abcdefghijklmnoprstuvwy"

_CHANNELS = 3  # of Slack's; a feed's news go to one


class News:
    """Feeds on loopback that mostly bring something new when they are asked; `expected` counts messages by code."""

    def __init__(self, rng: random.Random, told: set[str]) -> None:
        self.expected: Counter[str] = Counter()
        self.ended = False
        self.fetched: dict[str, list[tuple[float, str]]] = {}  # by feed: when, by `time.monotonic`, and by which node
        self.struck: Callable[[str], None] | None = None  # told once which node has asked, before it is answered
        self.port = 0
        self._rng = rng
        self._told = told  # codes
        self._items: dict[str, list[str]] = {name: [] for name in (*(f"f{at}" for at in range(FEEDS)), _ECHO)}
        self._titles: dict[str, str] = {}  # by code
        self._first: dict[str, int] = {}  # number of the channel

    @property
    def feeds(self) -> dict[str, str]:
        """URLs by name."""
        return {name: f"http://127.0.0.1:{self.port}/{name}" for name in self._items}

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one poll."""
        name, node = request.match_info["name"], request.headers.get("X-Node", "")
        self.fetched.setdefault(name, []).append((time.monotonic(), node))
        if not self.ended:
            self._bring(name)
        if self.struck is not None:
            strike, self.struck = self.struck, None
            strike(node)
        items = "".join(reversed(self._items[name][-_ON_PAGE:]))
        page = f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>"
        return web.Response(text=page, content_type="application/rss+xml")

    def _bring(self, name: str) -> None:
        untold = self.expected.keys() - self._told
        for _ in range(self._rng.choice((0, 1, 1, 2)) if len(untold) < _MOST_UNTOLD else 0):
            if name != _ECHO:
                code = "zq" + self._word(10)
                self._titles[code] = f"Alarm {code} {' '.join(self._word(8) for _ in range(4))}"
                self._first[code] = channel_of(name)
                self._put(name, code)
            elif fresh := [code for code, first in self._first.items() if self.expected[code] == 1 and first == 0]:
                self._put(name, self._rng.choice(fresh[-20:]))

    def _put(self, name: str, code: str) -> None:
        title = self._titles[code]
        link = f"https://{name}.example/{code}"
        self._items[name].append(f"<item><guid>{link}</guid><link>{link}</link><title>{title}</title></item>")
        self.expected[code] += 1

    def _word(self, length: int) -> str:
        return "".join(self._rng.choices(_LETTERS, k=length))


def channel_of(feed: str) -> int:
    """Return the number of the channel that gets a feed's news; what is repeated are those of the first."""
    return 0 if feed == _ECHO else int(feed[1:]) % _CHANNELS


class ToldSlack(FakeSlack):
    """Note which codes stand in the channel."""

    def __init__(self, start: float) -> None:
        channels = {f"C0000000{number}": f"desk-{number}" for number in range(_CHANNELS)}
        super().__init__(clock=hurried(start), lag=LAG * PACE, channels=channels)
        self.told: set[str] = set()

    def _keep(self, channel: str, params: dict[str, object], **where: object) -> SlackMessage:  # type: ignore[override]
        message = super()._keep(channel, params, **where)  # type: ignore[arg-type]
        self.told.update(_CODE.findall(message.text))
        return message


@dataclass(kw_only=True)
class World:
    """A folder with a configuration, and the servers that it names."""

    folder: Path
    store: str  # URL
    start: float
    news: News
    slack: ToldSlack
    smtp: FakeSmtp

    def life(
        self, *, mistake: str = "", halt: bool = False, whole: bool = False, name: str = "", lease: float = 0
    ) -> Life:
        """Tell a daemon how to live here."""
        return Life(
            file=str(self.folder / "monitor.yaml"),
            log=str(self.folder / "log"),
            token=self.slack.token,
            store=self.store,
            start=self.start,
            mistake=mistake,
            halt=halt,
            whole=whole,
            name=name,
            lease=lease,
        )

    def relent(self) -> None:
        """Let everything go well from now on."""
        self.slack.relent()
        self.smtp.relent()
        self.news.struck = None

    def judge(self) -> Verdict:
        """Hold what was told against what had to be."""
        return judge(self.news.expected, self.slack.messages, self.smtp.mails)

    def complaints(self) -> list[str]:
        """Return what the daemons logged as errors."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        errors = [line for line in lines if not line.startswith("{") or '"level": "error"' in line]
        return [line for line in errors if not any(said in line for said in _EXPECTED)]


@asynccontextmanager
async def open_world(folder: Path, rng: random.Random, store: str = "") -> AsyncIterator[World]:
    """Start the servers and write the configuration; `store` is a URL, a SQLite file in the folder if empty."""
    start = utc_now().timestamp()
    async with ToldSlack(start) as slack, FakeSmtp() as smtp:
        news = News(rng, slack.told)
        app = web.Application()
        app.router.add_get("/{name}", news.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        news.port = runner.addresses[0][1]
        _configure(folder, news, slack, smtp)
        world = World(
            folder=folder,
            store=store or f"sqlite:///{folder}/var/monitor.db",
            start=start,
            news=news,
            slack=slack,
            smtp=smtp,
        )
        try:
            yield world
        finally:
            await runner.cleanup()


def _configure(folder: Path, news: News, slack: FakeSlack, smtp: FakeSmtp) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    node = 'headers: {X-Node: "${NODE}"}'
    feeds = "".join(f"  {name}: {{url: '{url}', {node}}}\n" for name, url in news.feeds.items())
    desks = "".join(
        f"  desk-{number}: {{slack: '#desk-{number}', token: '${{TOKEN}}', api_url: '{slack.api_url}'}}\n"
        for number in range(_CHANNELS)
    )
    (folder / "monitor.yaml").write_text(
        f"defaults: {{notify: post, backlog: alert, poll: {POLL.total_seconds():.0f}s}}\n"
        f"channels:\n{desks}  post: {{email: chief@example.org}}\n"
        f"smtp: {{host: 127.0.0.1, port: {smtp.port}, from: monitor@example.org, tls: none,"
        f" timeout: {SEND_DEADLINE.total_seconds()}}}\n"
        f"feeds:\n{feeds}allow: [127.0.0.1]\ninclude: [rules.yaml]\nconsole: false\n"
        "breaker: false\n"  # what a flood holds is not lost
    )
    names: dict[int, list[str]] = {number: [] for number in range(_CHANNELS)}
    for name in news.feeds:
        names[channel_of(name)].append(name)
    rules = [(f"alarm-{number}", number, f"[{', '.join(set(each) - {_ECHO})}]") for number, each in names.items()]
    rules.append(("heard-again", 0, f"[{_ECHO}]"))
    lines = [
        f"  {rule}: {{terms: alarm, sources: {{only: {feeds}}}, notify: [desk-{number}, post]}}\n"
        for rule, number, feeds in rules
    ]
    (folder / "rules.yaml").write_text(f"rules:\n{''.join(lines)}")


# -- the oracle --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of everything that had to be told; lists of codes."""

    due: int  # messages
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    mail_lost: tuple[str, ...]
    mail_doubled: tuple[str, ...]  # under another Message-ID
    copies: int  # of mails, under the same Message-ID: the ceiling of SMTP

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return not (self.lost or self.doubled or self.mail_lost or self.mail_doubled)


def judge(expected: Counter[str], messages: Iterable[SlackMessage], mails: Sequence[ReceivedMail]) -> Verdict:
    """Count: in Slack each message exactly once, in mail each Message-ID at least once and none too many."""
    posts = Counter(code for message in messages for code in set(_CODE.findall(message.text)))
    ids = {(_first(_CODE_BYTES, mail), _first(_MESSAGE_ID, mail)) for mail in mails}
    mailed = Counter(code for code, _ in ids)
    return Verdict(
        due=expected.total(),
        lost=tuple(code for code, count in expected.items() if posts[code] < count),
        doubled=tuple(code for code, count in expected.items() if posts[code] > count),
        mail_lost=tuple(code for code, count in expected.items() if mailed[code] < count),
        mail_doubled=tuple(code for code, count in expected.items() if mailed[code] > count),
        copies=len(mails) - len(ids),
    )


def _first(pattern: re.Pattern[bytes], mail: ReceivedMail) -> str:
    """Find something in a mail as it came: to parse thousands would keep Slack waiting."""
    found = pattern.search(mail.content)
    return found[0].decode() if found else ""
