"""Quiet hours, digests, waiting and maintenance over real sockets; each `once` is a start of the house and its end."""

from datetime import UTC, datetime, timedelta

from click.testing import CliRunner
from structlog.testing import capture_logs

from monitor.cli import cli
from monitor.daemon.holds import AT_ONCE
from monitor.model import DeliveryState, Hold, HoldKind
from monitor.store.sql_store import open_existing_store
from monitor.testing import SlackMessage
from tests.app.house import House, rss
from tests.store.builders import claim_one, make_alert, make_delivery, make_outcome, make_story

HOUR = timedelta(hours=1)
EVENING = datetime(2026, 3, 1, 21, 30, tzinfo=UTC)  # 22:30 in Paris
RULES = """
rules:
  fire: {terms: alarm, priority: urgent}
  quake: {terms: earthquake, priority: high}
  grain: grain
  chess: {terms: chess, priority: low}
"""


def begin(house: House, policy: str, more: str = "") -> None:
    house.clock.now = EVENING
    desk = f"slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{house.slack.api_url}', zone: Europe/Paris"
    house.configure(rules=RULES, channels=f"desk: {{{desk}, {policy}}}")
    with house.file.open("a") as file:
        file.write(more)


async def bring(house: House, *titles: str, after: timedelta = timedelta()) -> bool:
    house.feeds.pages["/wire"] = rss(*titles)
    return await house.once(after=after)


def texts(house: House) -> list[str]:
    return [message.text.splitlines()[0].rpartition(" — ")[0] or message.text for message in house.slack.messages]


def shown(message: SlackMessage) -> str:
    return f"{message.text} {message.blocks}"


def states(house: House) -> dict[str, int]:
    store = open_existing_store(house.setup().config.store)
    try:
        return {state: count for state, count in store.status().deliveries.items() if count}
    finally:
        store.close()


async def test_quiet_hours_hold_a_few_and_let_the_urgent_through_over_restarts(house: House) -> None:
    begin(house, "quiet: 22:00-07:00")
    assert await bring(house, "Fire alarm in the port", "Earthquake off the coast", "Talks on grain go on")
    assert texts(house) == ["[urgent] Fire alarm in the port"]
    assert states(house) == {DeliveryState.SENT: 1, DeliveryState.HELD: 2}
    await house.once(after=8 * HOUR)  # 06:30 in Paris
    assert len(house.slack.messages) == 1
    await house.once(after=HOUR)
    assert texts(house)[1:] == ["Talks on grain go on", "[high] Earthquake off the coast"]
    await house.once(after=24 * HOUR)
    assert len(house.slack.messages) == 3


async def test_more_than_one_page_of_what_was_held_is_told_in_one(house: House) -> None:
    begin(house, "quiet: 22:00-07:00")
    assert await bring(house, "Talks on grain go on")
    held = Hold(kind=HoldKind.QUIET, reason="quiet until 07:00", until=EVENING + 9 * HOUR)
    stories = [make_story(f"grain {number}") for number in range(AT_ONCE + 10)]
    alerts = [make_alert(story, created_at=EVENING) for story in stories]
    owed = [make_delivery(alert, hold=held) for alert in alerts]
    store = open_existing_store(house.setup().config.store)
    outcome = make_outcome(
        claim_one(store, now=EVENING), stories=tuple(stories), alerts=tuple(alerts), deliveries=tuple(owed)
    )
    store.record(outcome, EVENING)
    store.close()
    await house.once(after=9 * HOUR)
    assert states(house) == {DeliveryState.SENT: 1, DeliveryState.SKIPPED: AT_ONCE + 11}
    assert f"{AT_ONCE + 11} " in shown(house.slack.messages[-1])


async def test_many_that_quiet_hours_held_are_told_in_one(house: House) -> None:
    begin(house, "quiet: 22:00-07:00")
    titles = [
        f"{town} sells grain" for town in ("Odesa", "Rouen", "Duluth", "Rosario", "Constanta", "Kavala", "Dalian")
    ]
    await bring(house, *titles)
    assert house.slack.messages == []
    await house.once(after=9 * HOUR)
    (message,) = house.slack.messages
    assert "After the quiet hours: 7 stories since 22:30 Europe/Paris" in shown(message)
    assert all(title in shown(message) for title in titles)
    assert shown(message).count(" Europe/Paris") > 7
    assert "UTC" not in shown(message), "one zone in one message"
    assert states(house) == {DeliveryState.SENT: 1, DeliveryState.SKIPPED: 7}


async def test_a_digest_tells_what_came_and_nothing_when_nothing_came(house: House) -> None:
    begin(house, "digest: daily 07:30, quiet: 22:00-08:00, instant: high")
    await bring(house, "Chess final begins", "Talks on grain go on")
    await bring(house, "Earthquake off the coast", "Talks on grain go on", after=HOUR)
    await house.once(after=8 * HOUR)  # 07:30 in Paris: it is quiet still
    assert house.slack.messages == []
    await house.once(after=HOUR)
    quake, digest = house.slack.messages
    assert "Earthquake" in quake.text
    assert "Digest: 2 stories since 22:30 Europe/Paris" in shown(digest)
    assert shown(digest).index("Talks on grain") < shown(digest).index("Chess final"), "by priority"
    await house.once(after=24 * HOUR)
    assert len(house.slack.messages) == 2


async def test_reports_that_come_while_the_first_waits_are_part_of_it(house: House) -> None:
    begin(house, "wait: 90s")
    title = "Minister says grain talks in Ankara go on"
    await bring(house, title)
    assert house.slack.messages == []
    again = f"wire: '{house.feeds.url('/wire')}', echo: '{house.feeds.url('/echo')}'"
    text = house.file.read_text().replace(f"wire: '{house.feeds.url('/wire')}'", again)
    house.file.write_text(text)
    house.feeds.pages["/echo"] = rss("Grain talks in Ankara: minister says they go on", base="https://echo.example")
    await house.once(after=timedelta(seconds=60))
    assert house.slack.messages == []
    await house.once(after=timedelta(seconds=30))
    (message,) = house.slack.messages
    assert "2 sources, 2 entries" in shown(message)


async def test_what_a_maintenance_keeps_back_is_told_at_its_end(house: House) -> None:
    begin(house, "quiet: []", "maintenance: [{name: move, when: sun 21:00-23:00, feeds: wire, note: new server}]\n")
    await bring(house, "Fire alarm in the port", "Talks on grain go on")
    assert house.slack.messages == []
    await house.once(after=2 * HOUR)
    grain, alarm = house.slack.messages  # in the order in which they came
    assert alarm.text.startswith("[urgent] Fire alarm")
    assert "Talks on grain" in grain.text


async def test_what_becomes_urgent_waits_no_more(house: House) -> None:
    begin(house, "quiet: 22:00-07:00")
    rules = "rules: {grain: grain, alarm: {terms: grain, sources: {only: [echo]}, priority: urgent}}"
    (house.folder / "rules.yaml").write_text(rules)
    wire = f"wire: '{house.feeds.url('/wire')}'"
    house.file.write_text(house.file.read_text().replace(wire, f"{wire}, echo: '{house.feeds.url('/echo')}'"))
    house.feeds.pages["/echo"] = rss("Nothing yet")
    await bring(house, "Grain talks in Ankara go on")
    assert house.slack.messages == []
    house.feeds.pages["/echo"] = rss("Grain talks in Ankara go on", "Nothing yet")
    await house.once(after=HOUR)
    first, reply = house.slack.messages
    assert first.text.startswith("[urgent] Grain talks")
    assert reply.thread_ts == first.ts
    assert states(house) == {DeliveryState.SENT: 2}


async def test_a_channel_that_is_gone_keeps_what_it_holds(house: House) -> None:
    begin(house, "quiet: 22:00-07:00")
    await bring(house, "Talks on grain go on")
    text = house.file.read_text()
    house.file.write_text(
        text.replace("channels: {desk:", "channels: {other:").replace("notify: desk", "notify: other")
    )
    with capture_logs() as logs:
        await house.once(after=12 * HOUR)
    (warned,) = (line for line in logs if line["event"] == "messages are held for a channel that is gone")
    assert (warned["channel"], warned["messages"]) == ("desk", 1)
    assert house.slack.messages == []
    status = CliRunner().invoke(cli, ["-c", str(house.file), "status"], env={"TOKEN": house.slack.token})
    assert "Held for channels that are gone" in status.output
    assert "desk  1 message" in status.output
    house.file.write_text(text.replace(", quiet: 22:00-07:00", ""))
    await house.once()
    assert texts(house) == ["Talks on grain go on"]
