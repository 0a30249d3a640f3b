"""What a daemon that runs keeps of its files: rules, and no more of what they were made of than their packed text."""

from __future__ import annotations

from monitor.app import open_app
from monitor.daemon import Daemon
from monitor.setup import load_trial_rules, require_examples
from tests.app.house import House

RULES = "rules:\n  shoygu: {terms: [Shoygu], hits: [Shoygu speaks], misses: [Nobody does]}\n"


def folded(app: Daemon) -> bool:
    return all(document.is_folded for document in app.setup.config.documents)


async def test_documents_places_and_compiled_examples_are_not_kept(house: House) -> None:
    house.configure(rules=RULES)
    setup = house.setup()
    require_examples(setup)
    documents = setup.config.documents
    assert [document._content is not None and document._content.places for document in documents] == [None, None]
    compiled = setup.ruleset.compiled["shoygu"]
    async with open_app(setup, clock=house.clock, stream=house.console, steady=True) as app:
        assert folded(app)
        assert setup.ruleset.compiled["shoygu"] is not compiled
        await app.reload()
        assert app.setup is not setup
        assert folded(app)


async def test_what_the_console_asks_of_the_files_is_read_again_and_let_go_of_later(house: House) -> None:
    house.configure(rules=RULES)
    async with open_app(house.setup(), clock=house.clock, stream=house.console, steady=True) as app:
        assert load_trial_rules(app.setup, b"query: 'use:shoygu AND Syria'").rules
        assert not folded(app)
        await app.doze()
        assert not folded(app)
        await app.doze()
        assert folded(app)
        assert load_trial_rules(app.setup, b"query: 'use:shoygu AND Syria'").rules
