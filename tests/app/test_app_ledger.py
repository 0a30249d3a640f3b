"""What this program says itself, over real sockets."""

from structlog.testing import capture_logs

from tests.app.house import RULES, House


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


async def test_a_file_that_is_passed_over_is_named_at_a_reload(house: House) -> None:
    house.file.write_text(house.file.read_text().replace("[rules.yaml]", "['rules*.yaml']"))
    async with house.open() as app:
        (house.folder / "rules-north.yml").write_text("rules: {storm: storm}")
        with capture_logs() as lines:
            await app.reload()
    (line,) = [line for line in lines if line["event"] == "a file is passed over"]
    assert "MM301 `rules-north.yml` is passed over" in line["warning"]
