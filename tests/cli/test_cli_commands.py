"""`check`, `test`, `try`, `alerts replay`: what a person types, and what comes back."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.house import FeedServer, rss

CONFIG = """
channels: {screen: {console: true}}
feeds: {wire: https://wire.example/rss}
include: [rules.yaml]
"""
RULES = """
actors: {shoygu: [Shoygu, Шойгу]}
rules:
  talks: {terms: [military talks], actors: shoygu, none: [football], priority: high,
          hits: [Shoygu opens military talks], misses: [Shoygu at football]}
  quake: {terms: earthquake, in: title}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "monitor.yaml").write_text(CONFIG)
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


def monitor(desk: Path, *arguments: str, text: str = "") -> tuple[int, str, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "monitor", *arguments], cwd=desk, input=text, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout, ran.stderr


# -- check -------------------------------------------------------------------------------------------------------------


def test_check_counts_what_is_right(desk: Path) -> None:
    assert monitor(desk, "check") == (0, "ok: 2 files, 1 feed, 2 rules, 1 channel\n", "")


def test_check_shows_the_mistakes_of_all_files_and_rooms_at_once(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(
        "defaults: {notify: [skreen]}\n"
        "channels: {screen: {console: true}, desk: {slack: '#desk', token: '${NO_SUCH_TOKEN}'}}\n"
        "feeds: {wire: ftp://wire.example}\ninclude: [rules.yaml]\nstoer: x\n"
    )
    (desk / "rules.yaml").write_text("rules: {talks: {terms: [], actor: shoygu, notify: nobody}}\n")
    code, out, err = monitor(desk, "check")
    assert (code, out) == (2, "")
    for part in (
        "monitor.yaml:1:21: unknown channel `skreen`; did you mean `screen`?",
        "`NO_SUCH_TOKEN` is not set",
        "a feed's URL begins with https:// or http://",
        "unknown key `stoer`; did you mean `store`?",
        "unknown key `actor`; did you mean `actors`?",
        "unknown channel `nobody`",
        "mistakes in 2 files.",
    ):
        assert part in err, part


def test_check_runs_the_examples_since_the_daemon_would(desk: Path) -> None:
    (desk / "rules.yaml").write_text(RULES.replace("hits: [Shoygu opens", "hits: [Shoygoo opens"))
    code, _, err = monitor(desk, "check")
    assert code == 2
    assert "rules.yaml:5:18" in err
    assert "actors: actor `shoygu`: not found" in err


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ("", "there is no channel"),
        ("channels: {a: {console: true}, b: {console: true}}", "several channels, and no default"),
    ],
)
def test_check_asks_for_a_channel(desk: Path, channels: str, said: str) -> None:
    (desk / "monitor.yaml").write_text(f"{channels}\ninclude: [rules.yaml]\n")
    code, _, err = monitor(desk, "check")
    assert code == 2
    assert said in err


# -- test --------------------------------------------------------------------------------------------------------------


def test_test_says_what_passed_and_which_rules_have_no_examples(desk: Path) -> None:
    assert monitor(desk, "test") == (0, "2 examples passed, 0 failed, in 1 rule; 1 rule without examples\n", "")
    code, out, _ = monitor(desk, "test", "-v", "-k", "talks")
    assert code == 0
    assert "pass talks: hit: Shoygu opens military talks" in out


def test_test_shows_a_failing_example_where_it_stands(desk: Path) -> None:
    (desk / "rules.yaml").write_text(RULES.replace("Shoygu at football", "Shoygu ends military talks"))
    code, out, err = monitor(desk, "test")
    assert code == 1
    assert "1 example passed, 1 failed" in out
    assert "rules.yaml:5:57" in err


# -- try ---------------------------------------------------------------------------------------------------------------


def test_try_shows_clause_by_clause_why(desk: Path) -> None:
    code, out, _ = monitor(desk, "try", "talks", "Шойгу: military talks, then football")
    assert code == 1
    assert out.startswith("no match  talks  Шойгу: military talks, then football\n")
    assert "yes actors: actor `shoygu`: title has “Шойгу”" in out
    assert "no  none: no `football`: title has “football”" in out


def test_try_reads_the_text_from_standard_input(desk: Path) -> None:
    code, out, _ = monitor(desk, "try", "quake", text="Earthquake shakes coast\nNobody was hurt.")
    assert code == 0
    assert "-> screen (normal priority)" in out


@pytest.mark.parametrize(
    "rule", ["storm", "[storm, gale]", "{terms: storm, none: calm}", "rules: {mine: {terms: storm}}"]
)
def test_try_takes_a_rule_from_standard_input(desk: Path, rule: str) -> None:
    assert monitor(desk, "try", "-", "A storm is coming", text=rule)[0] == 0


def test_try_names_the_mistake_in_a_rule_from_standard_input(desk: Path) -> None:
    code, _, err = monitor(desk, "try", "-", "text", text="{termz: storm}")
    assert code == 2
    assert "standard input:1:2: unknown key `termz`; did you mean `terms`?" in err


def test_try_prints_a_rule_in_its_other_spelling(desk: Path) -> None:
    query = 'talks:\n  query: "military talks" AND actor:shoygu NOT football\n'
    assert monitor(desk, "try", "--as", "query", "talks") == (
        0,
        query.replace('query: "', "query: '\"").replace("ball\n", "ball'\n"),
        "",
    )
    code, out, _ = monitor(desk, "try", "--as", "yaml", "-", text="query: 'talks NEAR/5 Syria NOT football'")
    assert (code, out) == (0, "trial:\n  near:\n    of: [talks, Syria]\n    within: 5\n  none: [football]\n")
    code, _, err = monitor(desk, "try", "--as", "yaml", "-", text="query: 'talks NEAR Syria'")
    assert code == 2
    assert err.splitlines()[2] == "      |               ^^^^"


def test_a_rules_file_has_defaults_of_its_own(desk: Path) -> None:
    (desk / "rules.yaml").write_text("defaults: {priority: urgent}\nrules: {r: storm}")
    assert "-> screen (urgent priority)" in monitor(desk, "try", "r", "A storm")[1]
    (desk / "rules.yaml").write_text("defaults: {poll: 5m}\nrules: {r: storm}")
    code, _, err = monitor(desk, "check")
    assert code == 2
    assert "rules.yaml:1:12: unknown key `poll`" in err


def test_try_reads_a_file_that_is_a_feed_or_a_text(desk: Path) -> None:
    (desk / "feed.xml").write_text(rss("Earthquake one", "Calm", "Earthquake two"))
    code, out, _ = monitor(desk, "try", "quake", "feed.xml")
    assert code == 0
    assert out.count("match  quake") == 2
    assert "2 of 3 entries matched" in out
    (desk / "note.txt").write_text("An earthquake\nwas felt")
    assert monitor(desk, "try", "quake", "note.txt")[0] == 0


async def test_try_reads_a_url(desk: Path) -> None:
    import asyncio

    async with FeedServer() as server:
        server.pages["/feed"] = rss("Earthquake")
        server.pages["/page"] = "<html><body><p>Earthquake &amp; flood</p></body></html>"
        for path in ("/feed", "/page"):
            code, out, _ = await asyncio.to_thread(monitor, desk, "try", "quake", server.url(path))
            assert code == 0, out
        code, _, err = await asyncio.to_thread(monitor, desk, "try", "quake", server.url("/missing"))
        assert code == 2
        assert "404" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("try", "tolks", "x"), "no rule `tolks`: did you mean `talks`?"),
        (("try", "talks", "missing.xml"), "there is no file `missing.xml`"),
        (("try", "-"), "give the text, file or URL as an argument"),
        (("alerts", "replay"), "there is no state in"),
        (("reload",), "no daemon runs here"),
    ],
)
def test_what_is_not_there_is_named(desk: Path, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = monitor(desk, *arguments)
    assert code == 2
    assert said in err


def test_replay_says_how_many_it_sends_again(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(CONFIG.replace("wire: https://wire.example/rss", ""))
    assert monitor(desk, "run", "--once")[0] == 0
    assert monitor(desk, "alerts", "replay") == (0, "no message was set aside\n", "")
