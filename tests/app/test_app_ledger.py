"""What this program says itself, and what it remembers, over real sockets."""

from dataclasses import replace

from structlog.testing import capture_logs

from monitor.feeds.canonical import canonical_url
from monitor.rules.conditions import OneOf, Seen
from tests.app.house import RULES, House, rss


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
            while await app.sends.deliver_due():
                await app.sends.crew.join()
        rules.write_text(RULES)
        await app.reload()
        assert await app.run_once() is True
    assert [told.removeprefix("[high] ") for told in house.told] == ["Not reloaded: 1 mistake in the files"] * 2
    assert "unknown key `termz`" in str(house.slack.messages[0].blocks)
    assert "rule `storm`: this hit is not found: terms: `x`: not found" in str(house.slack.messages[1].blocks)


async def test_an_example_that_fails_at_a_reload_keeps_the_last_good_rules_at_work(house: House) -> None:
    house.file.write_text(house.file.read_text() + "ops: {notify: [desk]}\n")
    async with house.open() as app:
        (house.folder / "rules.yaml").write_text(RULES.replace("hits: [Shoygu speaks]", "hits: [Shoigu speaks]"))
        for _ in range(2):  # a change is read when it has settled
            await app.reload_if_changed()
        house.feeds.pages["/wire"] = rss("Shoygu speaks")
        assert await app.run_once()
    assert len(house.told) == 2
    assert "Not reloaded: 1 mistake in the files" in house.told[0]
    assert "“Shoigu” is how others write shoygu: add it to shoygu" in str(house.slack.messages[0].blocks)
    assert house.told[1] == "Shoygu speaks"


class Broken(OneOf):
    def holds(self, seen: Seen) -> bool:  # noqa: ARG002 - the protocol's
        raise ZeroDivisionError("of the year by its quakes")


async def test_a_rule_that_raises_costs_neither_the_entry_nor_the_other_rules(house: House) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu and the earthquake")
    async with house.open() as app:
        rules = app.live.ruleset
        sick = replace(rules.compiled["quake"], conditions=(Broken({0: "earthquake"}),))
        app.in_use.live = replace(app.live, ruleset=replace(rules, compiled={**rules.compiled, "quake": sick}))
        with capture_logs() as lines:
            assert await app.run_once()
        store = app.doors.store
        link = canonical_url("https://wire.example/Shoygu-and-the-earthquake")
        (entry_id,) = await app.doors.in_store(store.find_link, link)
        record = await app.doors.in_store(store.entry_record, entry_id)
    assert house.told == ["Shoygu and the earthquake"]
    assert record is not None
    ledger = [(each.rule, each.verdict, each.reason) for each in record.decisions if each.verdict == "error"]
    assert [line["rule"] for line in lines if line["event"] == "rule failed on an entry"] == ["quake"]
    assert ledger == [("quake", "error", "ZeroDivisionError: of the year by its quakes")]


async def test_a_file_that_is_passed_over_is_named_at_a_reload(house: House) -> None:
    house.file.write_text(house.file.read_text().replace("[rules.yaml]", "['rules*.yaml']"))
    async with house.open() as app:
        (house.folder / "rules-north.yml").write_text("rules: {storm: storm}")
        with capture_logs() as lines:
            await app.reload()
    (line,) = [line for line in lines if line["event"] == "a file is passed over"]
    assert "MM301 `rules-north.yml` is passed over" in line["warning"]
