"""What is remembered and what this program says itself, over real sockets."""

from dataclasses import replace
from datetime import timedelta

from monitor.daemon import Daemon
from monitor.model import Absent, AtLeast, Threshold
from monitor.rules.compile import compile_rules
from tests.app.house import RULES, House, rss

HOUR = timedelta(hours=1)


async def set_threshold(app: Daemon, threshold: Threshold, rule_id: str = "shoygu") -> None:
    """Give a rule a threshold, as its file would."""
    definitions = [one.definition for one in app.live.ruleset.compiled.values()]
    changed = [
        replace(each, rule=replace(each.rule, threshold=threshold)) if each.rule.id == rule_id else each
        for each in definitions
    ]
    app.live = replace(app.live, ruleset=compile_rules(changed))
    app.setup = replace(app.setup, ruleset=app.live.ruleset)
    await app.watch(app.setup)


async def test_entries_of_several_polls_reach_a_threshold_together(house: House) -> None:
    house.configure(feeds=", ".join(f"{name}: '{house.feeds.url(f'/{name}')}'" for name in "abcdef"))
    for name in "abcdef":  # polled all at once
        house.feeds.pages[f"/{name}"] = rss(f"Shoygu speaks in the town of {name * 9}", base=f"https://{name}.example")
    async with house.open() as app:
        await set_threshold(app, AtLeast(entries=4, sources=4, within=HOUR))
        assert await app.run_once()
    assert len(house.told) == 1
    assert "4 of 4 entries, 4 of 4 sources within 1h" in str(house.slack.messages[0].blocks)


async def test_a_silence_is_told_once_and_the_next_one_again(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu speaks")

    async with house.open() as app:  # the file has no such rule: another start would forget that it is watched
        await set_threshold(app, Absent(within=24 * HOUR))

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
        assert await hours_pass(24) == ["Nothing about shoygu"] * 2


async def test_a_daemon_that_has_just_started_reads_its_feeds_before_it_speaks_of_silence(house: House) -> None:
    async with house.open() as app:
        await set_threshold(app, Absent(within=HOUR))
    house.clock.advance(2 * HOUR)
    async with house.open() as app:
        await set_threshold(app, Absent(within=HOUR))
        await app.report_silence()
        assert await app.deliver_due() == 0
        house.clock.advance(HOUR)
        await app.report_silence()
        assert await app.deliver_due() == 1
        await app.sends.join()


async def test_refused_files_are_told_to_the_operations_channel_once(house: House) -> None:
    house.file.write_text(house.file.read_text() + "ops: {notify: [desk]}\n")
    rules = house.folder / "rules.yaml"
    async with house.open() as app:
        for broken in (
            "rules: {storm: {termz: x}}",
            "rules: {storm: {termz: x}}",
            "rules: {storm: {terms: x, hits: [calm]}}",
        ):
            rules.write_text(broken)
            await app.reload()
            while await app.deliver_due():
                await app.sends.join()
        rules.write_text(RULES)
        await app.reload()
        assert await app.run_once() is True
    assert [told.removeprefix("[high] ") for told in house.told] == ["Not reloaded: 1 mistake in the files"] * 2
    assert "unknown key `termz`" in str(house.slack.messages[0].blocks)
