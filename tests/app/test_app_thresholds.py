"""Thresholds from YAML to the message, over real sockets; and a backtest tells the same entries."""

from datetime import timedelta

from monitor.backtest import stored_entries
from monitor.daemon import Daemon
from monitor.decide.replay import Replay
from tests.app.house import START, House, rss

HOUR = timedelta(hours=1)


async def replayed(app: Daemon) -> tuple[list[str], int]:
    """Decide anew about what is stored; return the titles of the entries that are told, and how many silences are."""
    entries = await app.doors.in_store(lambda: list(stored_entries(app.doors.store, START)))
    replay = Replay(app.live.ruleset, dedup=app.live.dedup, source_tags=app.setup.source_tags)
    told = [entry.title for entry in entries if any(finding.told for finding in replay.show(entry).findings)]
    return told, len(replay.silences())


async def test_entries_of_several_polls_reach_at_least_together(house: House) -> None:
    house.configure(
        feeds=", ".join(f"{name}: '{house.feeds.url(f'/{name}')}'" for name in "abcdef"),
        rules="rules: {talks: {terms: talks, at_least: {entries: 4, sources: 4, within: 1h}}}",
    )
    for name in "abcdef":  # polled all at once
        house.feeds.pages[f"/{name}"] = rss(f"Peace talks in the town of {name * 9}", base=f"https://{name}.example")
    async with house.open() as app:
        assert await app.run_once()
        assert len((await replayed(app))[0]) == len(house.told) == 1
    assert "4 of 4 entries, 4 of 4 sources within 1h" in str(house.slack.messages[0].blocks)


async def test_copies_of_one_text_do_not_reach_at_least(house: House) -> None:
    house.configure(
        feeds=f"a: '{house.feeds.url('/a')}', b: '{house.feeds.url('/b')}'",
        rules="rules: {talks: {terms: talks, at_least: {entries: 2, within: 1h}}}",
    )
    title = "Peace talks between the two countries go on in the capital"
    for name in "ab":
        house.feeds.pages[f"/{name}"] = rss(title, base=f"https://{name}.example")
    async with house.open() as app:
        assert await app.run_once()
        assert await replayed(app) == ([], 0)
        house.clock.advance(HOUR / 2)
        house.feeds.pages["/b"] = rss("Second day of talks", title, base="https://b.example")
        assert await app.run_once()
        assert (await replayed(app))[0] == house.told == ["Second day of talks"]


async def test_something_new_is_told_once_until_it_is_forgotten(house: House) -> None:
    house.configure(
        rules="actors: {flu: [H5N1, bird flu]}\nrules: {flu: {actors: flu, terms: [outbreak, case*], new: 2d}}"
    )
    titles: list[str] = []
    async with house.open() as app:
        for hours, title in (
            (0, "H5N1 outbreak in the north"),
            (20, "Bird flu outbreak in the south"),  # neither the actor nor the term is new
            (1, "First cases of bird flu"),
            (30, "More cases of H5N1 in the east"),
            (49, "A late outbreak of bird flu"),
        ):
            house.clock.advance(hours * HOUR)
            titles.insert(0, title)
            house.feeds.pages["/wire"] = rss(*titles)
            assert await app.run_once()
        told = ["H5N1 outbreak in the north", "First cases of bird flu", "A late outbreak of bird flu"]
        assert (await replayed(app))[0] == house.told == told
    assert "first time in 2d: flu, outbreak" in str(house.slack.messages[0].blocks)


async def test_a_spike_is_told_once_and_the_next_one_again(house: House) -> None:
    house.configure(rules="rules: {cholera: {terms: cholera, spike: {factor: 3, over: 1h, baseline: 8h}}}")
    titles: list[str] = []
    async with house.open() as app:
        for hour, reports in enumerate((0, 1, 0, 1, 0, 3, 2, 0, 0, 4)):
            titles = [f"Cholera report {hour} {number}" for number in range(reports, 0, -1)] + titles
            house.feeds.pages["/wire"] = rss(*titles)
            house.clock.advance(HOUR + timedelta(seconds=1))
            assert await app.run_once()
        assert house.told == ["Cholera report 5 3", "Cholera report 9 3"]  # in each, 3 are the least that counts
        again = (await replayed(app))[0]  # which entry of one poll came first is not stored
        assert [title[:-2] for title in again] == ["Cholera report 5", "Cholera report 9"]
    assert "entries within 1h" in str(house.slack.messages[0].blocks)


async def test_a_silence_is_told_once_and_the_next_one_again(house: House) -> None:
    house.configure(rules="rules: {shoygu: {terms: Shoygu, absent: 24h}}")
    house.feeds.pages["/wire"] = rss("Shoygu speaks")

    async with house.open() as app:

        async def hours_pass(hours: int) -> list[str]:
            house.clock.advance(hours * HOUR)
            assert await app.run_once()
            return [told.rpartition(" since ")[0] for told in house.told]

        assert await hours_pass(0) == []
        assert await hours_pass(23) == []
        assert await hours_pass(1) == ["Nothing about shoygu"]
        assert await hours_pass(30) == ["Nothing about shoygu"]
        house.feeds.pages["/wire"] = rss("Shoygu speaks again", "Shoygu speaks")
        assert await hours_pass(1) == ["Nothing about shoygu"]
        assert await replayed(app) == ([], 1)
        assert await hours_pass(24) == ["Nothing about shoygu"] * 2


async def test_a_daemon_that_has_just_started_reads_its_feeds_before_it_speaks_of_silence(house: House) -> None:
    house.configure(rules="rules: {shoygu: {terms: Shoygu, absent: 1h}}")
    async with house.open():
        pass
    house.clock.advance(2 * HOUR)
    async with house.open() as app:
        await app.upkeep.report_silence()
        assert await app.sends.deliver_due() == 0
        house.clock.advance(HOUR)
        await app.upkeep.report_silence()
        assert await app.sends.deliver_due() == 1
        await app.sends.crew.join()
