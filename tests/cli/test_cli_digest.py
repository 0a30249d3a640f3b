"""`digest preview`, and what `try` says of routes and holds; in this process: a command a test is enough."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.errors import NotFoundError, UserError
from monitor.model import Hold, HoldKind
from monitor.store.sql_store import open_existing_store
from tests.empty_store import lay_empty
from tests.store.test_store_holds import ALERT, POST, record

CONFIG = """
defaults: {notify: [desk, chief]}
channels:
  desk: {console: true, digest: daily 07:30 Europe/Paris, instant: high}
  chief: {console: true, min_priority: high}
routes:
  - {when: {rules: grain, priority: high}, notify: desk}
  - {when: {tags: x}, notify: chief, also: true}
feeds: {wire: https://wire.example/rss}
rules:
  talks: talks
  grain: {terms: grain, priority: high, tags: x}
store: sqlite:///state.db
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "monitor.yaml").write_text(CONFIG)
    return tmp_path / "monitor.yaml"


def run(desk: Path, *arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(cli, ["-c", str(desk), *arguments])
    if isinstance(ran.exception, UserError):
        raise ran.exception
    return ran.exit_code, ran.output


def test_try_says_why_it_is_not_told_at_once(desk: Path) -> None:
    _, out = run(desk, "try", "talks", "Talks go on")
    first, second = out.splitlines()[-2:]
    assert first.startswith("     ├─ desk: for the digest of desk, ")
    assert first.endswith(" 07:30 Europe/Paris")
    assert second == "     └─ chief: not told, it hears of high priority and above"


def test_try_shows_the_routes_that_fit(desk: Path) -> None:
    _, out = run(desk, "try", "grain", "Grain")
    assert out.splitlines()[-4:] == [
        "  └─ high priority",
        "     └─ route 1, route 2",
        "        ├─ desk",
        "        └─ chief",
    ]


def hold_one(desk: Path) -> None:
    lay_empty(desk.parent / "state.db")
    store = open_existing_store(f"sqlite:///{desk.parent / 'state.db'}")
    hold = Hold(kind=HoldKind.DIGEST, reason="for the digest of desk", until=ALERT.created_at)
    record(store, replace(POST, hold=hold), begin=True)
    store.close()


def test_a_preview_shows_what_the_next_digest_would_say(desk: Path) -> None:
    hold_one(desk)
    out = desk.parent / "digest.html"
    code, printed = run(desk, "digest", "preview", "desk", "--out", str(out))
    assert code == 0
    assert printed.startswith("1 story for the digest of desk; due ")
    assert "Digest: 1 story since" in out.read_text()
    code, printed = run(desk, "digest", "preview", "desk", "--text")
    assert "Digest: 1 story since" in printed
    assert "the digest of this channel, daily 07:30 Europe/Paris" in printed
    assert "UTC" not in printed + out.read_text()
    with pytest.raises(UserError, match="cannot be written"):
        run(desk, "digest", "preview", "desk", "--out", str(desk / "x"))


def test_a_preview_of_nothing_says_so(desk: Path) -> None:
    lay_empty(desk.parent / "state.db")
    code, printed = run(desk, "digest", "preview", "chief")
    assert (code, printed) == (1, "nothing waits for the digest of chief; this channel has no `digest`\n")
    with pytest.raises(NotFoundError, match="no channel `dsk`: did you mean `desk`"):
        run(desk, "digest", "preview", "dsk")
