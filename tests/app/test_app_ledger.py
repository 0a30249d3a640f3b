"""What this program says itself, over real sockets."""

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
