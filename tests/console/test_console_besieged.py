"""Whoever wears the console out, with connections, with questions or with rules: alerts go out meanwhile."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from monitor.console.asked import MAX_BODY
from monitor.console.live import Limits
from monitor.web.server import MOST_CONNECTIONS, MOST_TOLD
from tests.app.house import House, rss
from tests.console.visits import BROWSER, PART, Visitor, visiting

LISTEN = b"GET /alerts/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def call(visitor: Visitor, sent: bytes) -> Line:
    reader, writer = await asyncio.open_connection("127.0.0.1", visitor.app.console.port)
    writer.write(sent)
    return reader, writer


async def status(line: Line) -> int:
    """Return what a connection was answered, 0 = it was closed."""
    try:
        first = await line[0].readline()
    except ConnectionError:
        return 0
    return int(first.split()[1]) if first else 0


def hang_up(lines: list[Line]) -> None:
    for _, writer in lines:
        writer.transport.abort()


async def served(visitor: Visitor) -> None:
    """Wait until a page is served."""
    async with asyncio.timeout(20):
        while True:
            line = await call(visitor, b"GET /alerts HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answered = await status(line)
            hang_up([line])
            if answered == 200:
                return


async def test_many_who_listen_are_refused_and_all_others_served(house: House) -> None:
    async with visiting(house) as visitor:
        visitor.app.console.live_alerts.limits = Limits(look=0.05)
        lines: list[Line] = []
        answers: list[int] = []
        for _ in range(4):  # 400 in all
            lines += await asyncio.gather(*(call(visitor, LISTEN) for _ in range(100)))
            answers += await asyncio.gather(*(status(line) for line in lines[-100:]))
        heard = [line for line, answer in zip(lines, answers, strict=True) if answer == 200]
        page = await visitor.get("/alerts", headers=BROWSER)
        await visitor.tell(house, rss("Shoygu speaks"))
        async with asyncio.timeout(20):
            told = [await line[0].readuntil(b'"title": "Shoygu speaks"') for line in heard]
        hang_up(lines)
        await served(visitor)
    assert (len(heard), answers.count(503)) == (Limits().most, 300)
    assert page.status == 200
    assert len(told) == Limits().most
    assert house.told == ["Shoygu speaks"]


SLOW = (
    b"GET /alerts HTTP/1.1\r\nHost: local",
    b"POST /mutes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 400\r\n\r\nfor",
    b"",
)


async def test_who_finds_no_room_is_told_when_to_come_back(house: House) -> None:
    async with visiting(house) as visitor:
        held = await asyncio.gather(*(call(visitor, b"") for _ in range(MOST_CONNECTIONS)))
        told = await asyncio.gather(*(call(visitor, LISTEN) for _ in range(50)))
        answers = [await line[0].read() for line in told]
        silent = await call(visitor, b"")
        async with asyncio.timeout(20):
            given_up = await status(silent)
        others = {asyncio.Protocol() for _ in range(MOST_TOLD)}
        visitor.app.console._door._server._full.update(others)  # type: ignore[union-attr]
        one_more = await call(visitor, LISTEN)
        unheard = await status(one_more)
        visitor.app.console._door._server._full.difference_update(others)  # type: ignore[union-attr]
        hang_up([*held, *told, silent, one_more])
        await served(visitor)
    assert (given_up, unheard) == (0, 0)
    assert all(answer.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: 60\r\n" in answer for answer in answers)


async def test_slow_connections_end_and_no_more_are_taken_than_are_allowed(house: House) -> None:
    async with visiting(house) as visitor:
        visitor.app.console._door._server._deadline = 1.0  # type: ignore[union-attr]
        lines = await asyncio.gather(*(call(visitor, SLOW[number % 3]) for number in range(MOST_CONNECTIONS)))
        await visitor.tell(house, rss("Shoygu speaks"))
        async with asyncio.timeout(20):
            ended = await asyncio.gather(*(status(line) for line in lines))
        hang_up(lines)
        await served(visitor)
    assert house.told == ["Shoygu speaks"]
    assert ended == [0] * MOST_CONNECTIONS


PATHS = (
    "/alerts?q={}",
    "/alerts?rule={}&channel={}&source={}&since={}&until={}&range={}",
    "/alerts?before={}",
    "/stories/{}",
    "/entries/{}",
    "/try?rule={}&entry={}",
    "/try/backtests/{}",
    "/rules?q={}&sort={}&after={}",
    "/rules/{}",
    "/feeds?q={}&health={}&tag={}&after={}",
    "/feeds/{}",
    "/outbox?state={}&channel={}&before={}",
    "/mutes?rule={}&feed={}&channel={}&story={}",
    "/api/v1/entries?q={}",
    "/api/v1/alerts?before={}&rule={}",
    "/static/{}",
    "/{}",
)
VALUES = (
    "x" * 1_500,
    "../../../etc/passwd",
    "\0",
    "\ud800",
    "'; DROP TABLE alerts; --",
    "<script>alert(1)</script>",
    "%",
    "9" * 400,
    "-1",
    "0001-01-01T00:00:00_" + "f" * 32,
    "(" * 400,
    "re:" + "(a*)*" * 200,
    "NEAR/99999999999 x",
)


async def test_no_question_is_too_strange_for_an_answer(house: House) -> None:
    async with visiting(house) as visitor:
        for path in PATHS:
            for value in VALUES:
                asked = path.replace("{}", quote(value, safe="", errors="surrogatepass"))
                answer = await visitor.get(asked, headers=BROWSER)
                assert answer.status in (200, 303, 400, 404), (asked[:200], answer.status, answer.text[:300])
                assert "<script>alert" not in answer.text
        for body, expected in BODIES:
            for path in ("/mutes", "/try", "/outbox/replay"):
                answer = await visitor.post(
                    path, raw=body, headers=BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
                )
                assert answer.status in expected, (path, body[:20], answer.status, answer.text[:300])
        line = await call(visitor, HUGE)
        huge = await status(line)
        hang_up([line])
        parts = await visitor.post(
            "/mutes", raw=b"--x--", headers=BROWSER | {"Content-Type": "multipart/form-data; boundary=x"}
        )
        odd = [
            (await visitor.post(path, raw=body, headers=BROWSER | {"Content-Type": kind})).status
            for path, kind, body in (
                ("/mutes", "application/x-www-form-urlencoded; charset=nonsense", b"rule=x"),
                ("/mutes", "text/plain", b"rule=x"),
                ("/api/v1/mutes", "application/json; charset=nonsense", b"{}"),
                ("/api/v1/mutes", "application/json", b"\xff\xfe"),
                ("/api/v1/mutes", "application/json", b"\xff"),
            )
        ]
        line = await call(visitor, PIECE)
        await visitor.get("/alerts")
        line[1].write(b'"24h"}')
        pieces = await status(line)
        hang_up([line])
        deep = await visitor.post("/api/v1/mutes", raw=b"[" * 100_000, headers={"Content-Type": "application/json"})
        await visitor.tell(house, rss("Shoygu speaks"))
    assert (pieces, odd) == (200, [400] * 5)
    assert (huge, parts.status, deep.status) == (413, 415, 400)
    assert house.told == ["Shoygu speaks"]


HUGE = (
    b"POST /try HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
    % (MAX_BODY + 1)
    + bytes(MAX_BODY + 1)
)
PIECE = (
    b"POST /api/v1/mutes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n"
    b'{"rule": "quake", "duration":'
)
BODIES = (
    (b"a" * 1_000_000, (200, 400, 413)),
    (b"rule=x&" * 100_000, (400,)),
    (b"%FF%FE%00=%ED%A0%80", (200, 400)),
    (b"reason=" + b"\xff\xfe" * 100, (400,)),
)
BOMBS = (  # a rule, how it is written
    ("[" + ",".join("'" + "a" * 90 + "*'" for _ in range(1_000)) + "]", "yaml"),
    ('{re: ["' + "(x+x+)+y" * 500 + '"]}', "yaml"),
    ("re:/" + "(a|aa)+" * 300 + "/", "query"),
    ("(" * 20_000 + "a" + ")" * 20_000, "query"),
    (" OR ".join(f"(a{number} NEAR/20 b{number})" for number in range(3_000)), "query"),
    ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "yaml"),
    ("- " * 40_000, "yaml"),
    ("{" * 50_000, "yaml"),
)


async def test_rules_that_are_bombs_are_answered_and_alerts_go_out_meanwhile(house: House) -> None:
    async with visiting(house) as visitor:
        text = "\n".join(
            " ".join(f"a{number} b{number}" for number in range(start, start + 100)) for start in range(0, 9_000, 100)
        )
        asked = [{"rule": rule, "spelling": spelling, "text": text} for rule, spelling in BOMBS]
        trying = asyncio.gather(*(visitor.post("/try", each, headers=PART) for each in asked))
        await visitor.tell(house, rss("Shoygu speaks"))
        assert not trying.done()
        assert house.told == ["Shoygu speaks"]
        answers = await trying
        after = await visitor.post("/try", {"rule": "[storm]", "text": "A storm"}, headers=PART)
    assert [answer.status for answer in answers] == [200] * len(BOMBS)
    assert "match" in after.text
