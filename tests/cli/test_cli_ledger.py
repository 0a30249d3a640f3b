"""`why`, `backtest`, `rules ...`, `try --entry`: what a person asks of the past."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.cli.backtest import WIDTH, bar
from monitor.cli.rules import without_hits
from monitor.cli.why import show_unknown
from tests.app.house import rss
from tests.cli.test_cli_commands import RULES
from tests.forks import monitor

CONFIG = """
defaults: {backlog: alert}
channels: {screen: {console: true}}
allow_files: [.]
feeds: {wire: "file:wire.xml"}
include: [rules.yaml]
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has polled its feed once and told what it found."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "monitor.yaml").write_text(CONFIG)
    (folder / "rules.yaml").write_text(RULES)
    (folder / "wire.xml").write_text(
        rss("Earthquake one", "Shoygu opens talks", "Шойгу: military talks", "Earthquake two")
    )
    assert monitor(folder, "run", "--once")[0] == 0
    return folder


@pytest.fixture
def desk(told: Path, tmp_path: Path) -> Path:
    shutil.copytree(told, tmp_path, dirs_exist_ok=True)
    return tmp_path


def entries(desk: Path, rule: str) -> list[dict[str, Any]]:
    _, out, _ = monitor(desk, "backtest", rule, "--json")
    found: list[dict[str, Any]] = json.loads(out)["matches"]
    return found


def test_why_tells_the_way_of_an_entry(desk: Path) -> None:
    code, out, _ = monitor(desk, "why", entries(desk, "talks")[0]["entry"][:8])
    assert code == 0
    for part in (
        "match     match  talks  shoygu: “Шойгу” in title",
        "story     new story",
        "route     alert  screen",
        "delivered to screen",
    ):
        assert part in out, part


def test_why_takes_a_url_in_any_spelling_and_an_alert(desk: Path) -> None:
    code, out, _ = monitor(desk, "why", "https://www.wire.example/Earthquake-one?utm_source=x")
    assert (code, out.splitlines()[0]) == (0, "Earthquake one")
    record = json.loads(monitor(desk, "why", "https://wire.example/Earthquake-one", "--json")[1])["entries"][0]
    alert = record["alerts"][0]
    for name in (alert["alert"]["id"], alert["deliveries"][0]["key"][:10]):
        assert monitor(desk, "why", name)[1] == out


def test_why_takes_the_place_in_a_page_that_somebody_copied(desk: Path) -> None:
    code, out, _ = monitor(desk, "why", "https://wire.example/Earthquake-one?utm_source=x#what-is-known")
    assert (code, out.splitlines()[0]) == (0, "Earthquake one")


def test_why_not_names_the_nearest_rule_and_the_clause(desk: Path) -> None:
    code, out, _ = monitor(desk, "why", "https://wire.example/Shoygu-opens-talks")
    assert code == 0
    assert "no match  no rule matches" in out
    assert "    talks  no  terms: `military talks`: not found" in out
    (desk / "rules.yaml").write_text("rules: {talks: [talks]}")
    assert (
        "The rules as they are now would match: talks"
        in monitor(desk, "why", "https://wire.example/Shoygu-opens-talks")[1]
    )
    (desk / "rules.yaml").write_text("rules: [")
    assert "the rules hold a mistake now" in monitor(desk, "why", "https://wire.example/Shoygu-opens-talks")[1]


@pytest.mark.parametrize("name", ["0" * 32, "https://wire.example/never", "http://["])
def test_why_knows_what_it_never_saw(desk: Path, name: str) -> None:
    code, out, _ = monitor(desk, "why", name)
    assert code == 1
    assert f"never seen: {name}" in out
    assert json.loads(monitor(desk, "why", name, "--json")[1]) == {"entries": [], "notices": [], "sightings": []}


def test_why_names_the_feeds_that_an_article_could_have_come_from(capsys: pytest.CaptureFixture[str]) -> None:
    feeds = (("uk", "https://feeds.wire.example/uk"), ("world", "https://www.wire.example/world"), ("x", "file:///x"))
    show_unknown("https://wire.example/never", (), feeds)
    out = capsys.readouterr().out
    assert "  feeds of wire.example are watched: uk, world\n  `monitor feeds show NAME` says" in out
    assert "  watched hosts: feeds.wire.example, wire.example\n" in out
    show_unknown("https://else.example/never", (), feeds)
    assert "  no feed of else.example is watched\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["xyz", "1234567", "' OR 1=1", "0" * 33])
def test_why_asks_for_an_id_or_a_url(desk: Path, name: str) -> None:
    code, _, err = monitor(desk, "why", name)
    assert code == 2
    assert "give an entry's or alert's id" in err


def test_backtest_counts_by_day_and_shows_the_latest(desk: Path) -> None:
    code, out, err = monitor(desk, "backtest", "quake", "--limit", "1")
    assert (code, err) == (0, "")
    assert f"{'█' * WIDTH} 2\n" in out
    assert out.endswith(
        "4 entries searched, 2 matched in 2 stories, 2 would have been told; the latest 1 are shown (`--limit`)\n"
    )
    code, out, _ = monitor(desk, "backtest", "-", "--since", "1h", text="{terms: talks, none: opens}")
    assert (code, out.count("Шойгу: military talks")) == (0, 1)
    assert monitor(desk, "backtest", "-", text="storm")[0] == 1
    assert "`7` is not a duration" in monitor(desk, "backtest", "quake", "--since", "7")[2]


def test_backtest_applies_thresholds_and_says_so(desk: Path) -> None:
    rule = "rules: {quakes: {terms: earthquake, at_least: {entries: 2, within: 1h}}}"
    code, out, _ = monitor(desk, "backtest", "-", text=rule)
    assert code == 0
    assert " 1 of 2 matches\n" in out
    assert "  held back  wire  " in out
    assert "earthquake; 1 of 2 entries within 1h\n" in out
    assert "threshold of quakes: 2 entries within 1h; counted from 20" in out
    assert out.endswith("4 entries searched, 2 matched in 2 stories, 1 would have been told\n")
    shown = json.loads(monitor(desk, "backtest", "-", "--json", text=rule)[1])
    assert [(each["told"], each["threshold"][:14]) for each in shown["matches"]] == [
        (False, "1 of 2 entries"),
        (True, "2 of 2 entries"),
    ]
    assert (list(shown["days"].values()), shown["silences"]) == ([{"matched": 2, "told": 1}], [])


def test_sources_are_known_to_backtest_try_and_why_by_their_tags(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(CONFIG.replace('"file:wire.xml"', '{url: "file:wire.xml", tags: [agency]}'))
    (desk / "rules.yaml").write_text("rules: {shake: {terms: earthquake, sources: {only: [agency]}, all: [two]}}")
    (found,) = entries(desk, "shake")
    assert monitor(desk, "try", "shake", "--entry", found["entry"])[0] == 0
    out = monitor(desk, "why", "https://wire.example/Earthquake-one")[1]
    assert "    shake  no  all: `two`: not found" in out
    assert "sources" not in out
    assert "would match: shake" in monitor(desk, "why", "https://wire.example/Earthquake-two")[1]


@pytest.mark.parametrize(("count", "drawn"), [(0, ""), (1, "▏"), (50_000, "█" * 20), (100_000, "█" * 40)])
def test_a_bar_is_in_proportion_and_something_is_never_nothing(count: int, drawn: str) -> None:
    assert bar(count, 100_000) == drawn


def test_a_rule_is_dead_where_feeds_have_been_read_for_a_month() -> None:
    now = datetime(2026, 3, 31, tzinfo=UTC)
    month, longer = now - timedelta(days=30), now - timedelta(days=31)
    assert without_hits("calm", None, month, now) == "dead: calm: nothing in 30 days"
    assert without_hits("calm", longer, now, now) == "dead: calm: nothing in 30 days, the last hit 31 d ago"
    assert without_hits("calm", None, now - timedelta(hours=2), now).startswith("no hit yet: calm: the first feed was")


def test_rules_are_listed_shown_and_counted(desk: Path) -> None:
    assert "talks  talks  high    screen    rules.yaml:4" in monitor(desk, "rules", "list")[1]
    shown = monitor(desk, "rules", "show", "talks")[1]
    assert "none      no `football`" in shown
    stats = monitor(desk, "rules", "stats")[1]
    assert "earthquake (2)" in stats
    (desk / "rules.yaml").write_text(RULES + "  calm: [calm]\n")
    assert "\nno hit yet: calm: the first feed was read " in monitor(desk, "rules", "stats")[1]
    assert json.loads(monitor(desk, "rules", "stats", "--json")[1])["dead"] == ["calm"]
    assert [each["id"] for each in json.loads(monitor(desk, "rules", "list", "--json")[1])["rules"]] == [
        "talks",
        "quake",
        "calm",
    ]


def git(desk: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=desk", "-c", "user.email=desk@example.org", *arguments]
    subprocess.run(command, cwd=desk, check=True, capture_output=True)


def test_rules_diff_says_what_is_gained_and_lost_since_a_revision(desk: Path) -> None:
    git(desk, "init", "-q")
    git(desk, "add", "monitor.yaml", "rules.yaml")
    git(desk, "commit", "-qm", "first")
    assert monitor(desk, "rules", "diff") == (0, "4 entries searched: 0 gained, 0 lost\n", "")
    (desk / "rules.yaml").write_text(RULES.replace("[military talks]", "[talks]").replace("earthquake", "flood"))
    code, out, _ = monitor(desk, "rules", "diff", "HEAD", "--since", "1d")
    assert code == 1
    assert "quake  +0  -2\ntalks  +1  -0\n" in out
    assert out.endswith("4 entries searched: 1 gained, 2 lost\n")
    assert "+ talks" in out


def test_rules_diff_takes_a_file_and_a_folder(desk: Path) -> None:
    (desk / "old").mkdir()
    (desk / "old" / "rules.yaml").write_text("rules: {quake: {terms: [earthquake, talks]}}")
    assert monitor(desk, "rules", "diff", "old/rules.yaml")[1].endswith("0 gained, 2 lost\n")
    assert monitor(desk, "rules", "diff", "old")[1].endswith("1 gained, 2 lost\n")


@pytest.mark.parametrize("other", ["no-such-thing", "--output=x", "HEAD~99", "-"])
def test_rules_diff_names_what_is_not_there(desk: Path, other: str) -> None:
    code, _, err = monitor(desk, "rules", "diff", "--", other)
    assert code == 2
    assert f"`{other}` is no file, no folder and no git revision" in err


def test_try_takes_a_stored_entry_and_says_route_and_story(desk: Path) -> None:
    (found,) = entries(desk, "talks")
    code, out, _ = monitor(desk, "try", "talks", "--entry", found["entry"][:9])
    assert code == 0
    assert "  └─ high priority\n     └─ screen\n  story: joins story" in out
    assert "told in screen" in out
    assert "story: a new story" in monitor(desk, "try", "quake", "Earthquake three")[1]
    assert monitor(desk, "try", "talks", "--entry", "0" * 32)[2] == f"error: no entry `{'0' * 32}` is stored\n"
    assert monitor(desk, "try", "talks", "text", "--entry", "0" * 32)[0] == 2


ONGOING = """
rules:
  talks: {terms: talks, sources: {only: [wire]}}
  late: {terms: talks, sources: {only: [other]}, title: Late}
"""


@pytest.fixture
def ongoing(tmp_path: Path) -> Path:
    """A desk with a story that a second feed has told again, by another rule, and a flood."""
    (tmp_path / "monitor.yaml").write_text(CONFIG)
    (tmp_path / "rules.yaml").write_text(ONGOING)
    title = "The talks begin in the capital"
    (tmp_path / "wire.xml").write_text(rss(title))
    assert monitor(tmp_path, "run", "--once")[0] == 0
    # a file of another name is another feed, which is polled at once
    (tmp_path / "monitor.yaml").write_text(CONFIG.replace('{wire: "file:wire.xml"}', '{other: "file:again.xml"}'))
    flood = [f"More talks about matter number {number}" for number in range(21)]
    (tmp_path / "again.xml").write_text(rss(title, *flood))
    assert monitor(tmp_path, "run", "--once")[0] == 0
    return tmp_path


def test_why_shows_replies_edits_and_digests_by_their_names(ongoing: Path) -> None:
    _, out, _ = monitor(ongoing, "why", "https://wire.example/The-talks-begin-in-the-capital")
    assert "new rule: Late: a reply in screen" in out
    labels = [line.split()[0] for line in out.splitlines() if line.startswith("  ")]
    assert {"message", "reply", "edit"} <= set(labels)
    assert "skipped for screen" in out
    assert "what is printed cannot be changed" in out
    _, out, _ = monitor(ongoing, "why", "https://wire.example/More-talks-about-matter-number-7")
    assert "route     digest  screen  21 alerts of rule late in one poll, told together" in out
    assert "  digest    " in out
    assert "delivered to screen" in out


def test_alerts_list_shows_what_was_told_the_newest_first(ongoing: Path) -> None:
    code, out, _ = monitor(ongoing, "alerts", "list")
    assert code == 0
    kinds = [line.split("screen")[1].split()[:2] for line in out.splitlines()]
    assert kinds == [["reply", "delivered"], ["digest", "delivered"], ["alert", "delivered"]]
    assert "21 alerts: Late" in out
    with_edits = json.loads(monitor(ongoing, "alerts", "list", "--edits", "--json")[1])["messages"]
    assert {(each["kind"], each["state"]) for each in with_edits} > {("edit", "skipped"), ("digest", "sent")}
    assert len(monitor(ongoing, "alerts", "list", "--limit", "1")[1].splitlines()) == 1
    assert monitor(ongoing, "alerts", "list", "--channel", "nobody")[1] == "no message yet\n"
    key = with_edits[0]["key"]
    assert monitor(ongoing, "why", key)[0] == 0


def test_what_is_judged_is_counted_and_becomes_a_miss(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments)

    record = json.loads(run("why", "https://wire.example/Earthquake-one", "--json").stdout)["entries"][0]
    alert = record["alerts"][0]["alert"]["id"]
    judged = run("alerts", "judge", alert[:8], "not-relevant", "--by", "anna")
    assert (judged.exit_code, judged.stdout) == (0, f"{alert[:8]}  noted: not relevant (quake)\n")
    wrong = run("alerts", "judge", alert[:8], "relevant", "--rule", "quak").exception
    assert str(wrong) == "rule `quak` has no part in this alert: did you mean `quake`?"
    assert str(run("alerts", "judge", "ffff", "relevant").exception).startswith("no alert `ffff`")
    stats = run("rules", "stats").stdout
    assert [line.split() for line in stats.splitlines() if "%" in line] == [
        ["quake", "0%", "0", "of", "1"],
        ["“Earthquake”", "0%", "0", "of", "1"],
    ]
    assert "1 text nobody wanted" in stats
    patch = run("rules", "stats", "--misses").stdout
    assert "+  quake: {misses: [Earthquake one], terms: earthquake, in: title}\n" in patch
