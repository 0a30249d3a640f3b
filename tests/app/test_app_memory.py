"""What a daemon that runs keeps of its files: rules, and no more of what they were made of than their packed text."""

from __future__ import annotations

import sys
from pathlib import Path
from weakref import ref

from monitor.app import open_app, prepare_store
from monitor.daemon import Daemon
from monitor.setup import load_setup, load_trial_rules, require_examples
from monitor.store.sql_store import open_existing_store
from tests.app.house import House
from tests.forks import PATIENCE, SERVER

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
    first = ref(documents[-1])
    async with open_app(setup, clock=house.clock, stream=house.console, steady=True) as app:
        assert folded(app)
        assert setup.ruleset.compiled["shoygu"] is not compiled
        del setup, documents, compiled
        await app.reload()
        await app.in_use._retiring.join()
        assert first() is None  # nobody holds on to what is not used any more
        assert folded(app)


async def test_what_the_console_asks_of_the_files_is_read_again_and_let_go_of_later(house: House) -> None:
    house.configure(rules=RULES)
    async with open_app(house.setup(), clock=house.clock, stream=house.console, steady=True) as app:
        assert load_trial_rules(app.setup, b"query: 'use:shoygu AND Syria'").rules
        assert not folded(app)
        await app.upkeep.doze()
        assert not folded(app)
        await app.upkeep.doze()
        assert folded(app)
        assert load_trial_rules(app.setup, b"query: 'use:shoygu AND Syria'").rules


def test_tables_are_made_by_a_child_and_what_makes_them_is_not_imported_here(tmp_path: Path) -> None:
    (tmp_path / "monitor.yaml").write_text("channels: {screen: {console: true}}\nrules: {quake: earthquake}\n")
    child = SERVER.Process(target=_prepare, args=(tmp_path,))
    child.start()
    child.join(PATIENCE)
    assert child.exitcode == 0
    assert (tmp_path / "more").read_text() == "[]"


def _prepare(folder: Path) -> None:
    for name in [name for name in sys.modules if name.startswith("alembic")]:
        del sys.modules[name]
    setup = load_setup(folder / "monitor.yaml", env={})
    prepare_store(setup)
    open_existing_store(setup.config.store).close()
    (folder / "more").write_text(str([name for name in sys.modules if name.startswith("alembic")]))
