"""`check`, `test`, `try`, `alerts replay`: what a person types, and what comes back."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import click
import pytest
from click.testing import CliRunner

from monitor.cli import LazyGroup
from tests.app.house import FeedServer, rss
from tests.forks import monitor, run

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


# -- check -------------------------------------------------------------------------------------------------------------


def test_check_counts_what_is_right(desk: Path) -> None:
    code, out, err = monitor(desk, "check")
    assert (code, out) == (0, "ok: 2 files, 1 feed, 2 rules, 1 channel\n")
    assert err.splitlines()[0].startswith("rules.yaml:6:3: MM203 the rule `quake` has no examples")
    assert err.splitlines()[-1] == "1 warning in 1 file."


def test_check_shows_the_mistakes_of_all_files_and_rooms_at_once(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(
        "defaults: {notify: [skreen]}\n"
        "channels: {screen: {console: true}, desk: {slack: '#desk', token: '${NO_SUCH_TOKEN}'}}\n"
        "feeds: {wire: ftp://wire.example}\ninclude: [rules.yaml]\nstoer: x\nops: {notify: [skren]}\n"
    )
    (desk / "rules.yaml").write_text("rules: {talks: {terms: [], actor: shoygu, notify: nobody}}\n")
    code, out, err = monitor(desk, "check")
    assert (code, out) == (2, "")
    for part in (
        "monitor.yaml:1:21: unknown channel `skreen`; did you mean `screen`?",
        "monitor.yaml:6:16: unknown channel `skren`; did you mean `screen`?",
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


def test_check_says_mistakes_and_warnings_in_one_run(desk: Path) -> None:
    (desk / "rules.yaml").write_text(
        "rules:\n  quake: earthquake*\n  flood: {termz: flood}\n  eu: {terms: EU, hits: UE}\n"
    )
    code, out, _ = monitor(desk, "check", "--format", "concise")
    assert code == 2
    assert [line.split(" ")[:2] for line in out.splitlines()] == [
        ["rules.yaml:2:3:", "MM203"],
        ["rules.yaml:3:11:", "unknown"],
        ["rules.yaml:4:15:", "MM101"],
    ]


@pytest.mark.parametrize("form", ["full", "concise", "json", "github"])
def test_warnings_alone_are_no_failure_but_for_the_strict(desk: Path, form: str) -> None:
    assert monitor(desk, "check", "--format", form)[0] == 0
    assert monitor(desk, "check", "--format", form, "--strict")[0] == 1
    (desk / "rules.yaml").write_text("rules: {quake: {terms: earthquake, hits: Earthquake}}")
    assert monitor(desk, "check", "--format", form, "--strict")[0] == 0


def test_check_gives_json_where_there_is_not_even_a_file(tmp_path: Path) -> None:
    code, out, _ = monitor(tmp_path, "check", "--format", "json")
    assert code == 2
    assert json.loads(out)[0]["message"] == "file not found"


def test_explain_says_what_a_code_is_about(desk: Path) -> None:
    code, out, _ = monitor(desk, "explain", "mm203")
    assert code == 0
    assert out.startswith("MM203  A rule without examples\n")
    assert "# monitor: ignore MM203" in out
    assert "MM104  A spelling of two actors\n" in monitor(desk, "explain")[1]
    code, _, err = monitor(desk, "explain", "MM1003")
    assert code == 2
    assert "no code `MM1003`: did you mean `MM103`?" in err


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


def test_a_wrong_default_hides_no_other(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(
        "defaults: {notify: q, poll: 1}\nchannels: {a: {console: true}, b: {console: true}}\ninclude: [rules.yaml]\n"
    )
    code, _, err = monitor(desk, "check")
    assert code == 2
    assert "monitor.yaml:1:20: unknown channel `q`; known here: `a`, `b`" in err
    assert "`1` is not a duration" in err
    assert "2 mistakes and 1 warning in 2 files." in err


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


def test_a_failing_example_names_the_nearest_miss_in_test_and_check(desk: Path) -> None:
    (desk / "rules.yaml").write_text(RULES.replace("hits: [Shoygu opens", "hits: [Shoigu opens"))
    for command, expected in (("test", 1), ("check", 2)):
        code, _, err = monitor(desk, command)
        assert code == expected
        assert "not found; “Shoigu” is how others write shoygu: add it to shoygu" in err


def test_test_speaks_json_and_junit(desk: Path) -> None:
    (desk / "rules.yaml").write_text(RULES.replace("hits: [Shoygu opens", "hits: [Shoigu opens"))
    code, out, _ = monitor(desk, "test", "--format", "json")
    assert code == 1
    first, second = json.loads(out)
    assert (first["rule"], first["kind"], first["passed"], second["passed"]) == ("talks", "hit", False, True)
    assert first["hint"] == "“Shoigu” is how others write shoygu: add it to shoygu"
    code, out, _ = monitor(desk, "test", "--format", "junit", "-k", "talks")
    assert code == 1
    assert ET.fromstring(out).get("failures") == "1"


def test_watching_runs_the_examples_again_when_a_file_changes(desk: Path) -> None:
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a test run in the background ignores Ctrl-C, and hands that on
    with subprocess.Popen(
        [sys.executable, "-m", "monitor", "test", "--watch"],
        cwd=desk, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline().startswith("2 examples passed, 0 failed")
        (desk / "rules.yaml").write_text("rules: {quake: {termz: earthquake}}")
        assert "unknown key `termz`" in process.stdout.readline()
        (desk / "rules.yaml").write_text("rules: {quake: {terms: earthquake, hits: Earthquake}}")
        assert any(line.startswith("1 example passed, 0 failed") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


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
    assert "  └─ normal priority\n     └─ screen\n" in out


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
    assert "└─ urgent priority" in monitor(desk, "try", "r", "A storm")[1]
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


def test_a_rules_file_that_is_included_can_be_tried_from_standard_input(desk: Path) -> None:
    changed = RULES.replace("rules:", "rules:\n  new: {terms: storm, actors: shoygu}", 1)
    code, out, err = monitor(desk, "try", "-", "Shoygu: a storm", text=changed)
    assert (code, err) == (0, "")
    assert "match  new" in out
    other = "actors: {shoygu: [Nobody]}\nrules: {new: {actors: shoygu}}\n"
    assert monitor(desk, "try", "-", "Shoygu: a storm", text=other)[0] == 1
    assert monitor(desk, "try", "-", "Nobody: a storm", text=other)[0] == 0


async def test_try_reads_a_url(desk: Path) -> None:
    import asyncio

    async with FeedServer() as server:
        code, _, err = await asyncio.to_thread(monitor, desk, "try", "quake", server.url("/feed"))
        assert code == 2
        assert f"127.0.0.1:{server.port} is not public: name it in `allow` if you mean it" in err
        with (desk / "monitor.yaml").open("a") as config:
            config.write(f"allow: 127.0.0.1:{server.port}\n")
        server.pages["/feed"] = rss("Earthquake")
        server.pages["/page"] = "<html><body><p>Earthquake &amp; flood</p></body></html>"
        for path in ("/feed", "/page"):
            code, out, _ = await asyncio.to_thread(monitor, desk, "try", "quake", server.url(path))
            assert code == 0, out
        code, _, err = await asyncio.to_thread(monitor, desk, "try", "quake", server.url("/missing"))
        assert code == 2
        assert "404" in err


async def test_try_knows_a_url_by_its_feed_or_else_by_its_host(desk: Path) -> None:
    import asyncio

    async with FeedServer() as server:
        server.pages |= {"/feed": rss("Earthquake"), "/other": rss("Earthquake")}
        (desk / "monitor.yaml").write_text(
            "channels: {screen: {console: true}}\nallow: 127.0.0.1\n"
            f"feeds: {{wire: {{url: '{server.url('/feed')}', tags: [agency]}}}}\n"
        )
        for path, source, expected in (
            ("/feed", "wire", 0),
            ("/feed", "agency", 0),
            ("/feed", "127.0.0.1", 0),
            ("/other", "127.0.0.1", 0),
            ("/other", "wire", 1),
        ):
            rule = f"{{terms: earthquake, sources: {{only: [{source}]}}}}"
            code, out, err = await asyncio.to_thread(monitor, desk, "try", "-", server.url(path), text=rule)
            assert code == expected, (path, source, out, err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("try", "tolks", "x"), "no rule `tolks`: did you mean `talks`?"),
        (("try", "talks", "missing.xml"), "there is no file `missing.xml`"),
        (("try", "talks", "."), "`.` is a folder: name a file in it"),
        (("try", "talks", ""), "nothing to try the rule on: the text is empty"),
        (("try", "talks"), "nothing to try the rule on: the text is empty"),
        (("run", "-c", "x"), "-c goes before the command: monitor -c FILE run"),
        (("check", "--config=x"), "--config goes before the command: monitor --config FILE check"),
        (("check", "--colour"), "No such option"),
        (("try", "-"), "give the text, file or URL as an argument"),
        (("alerts", "replay"), "there is no state in"),
        (("test", "-k", "tolks"), "nothing to run: no rule has `tolks` in its id; did you mean `talks`?"),
        (("test", "-k", "x", "--format", "junit"), "nothing to run: no rule has `x` in its id; known here: `quake`"),
        (("test", "-k", "quake"), "nothing to run: 1 rule with `quake` in the id, none with examples"),
        (("reload",), "no daemon runs here"),
    ],
)
def test_what_is_not_there_is_named(desk: Path, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = monitor(desk, *arguments)
    assert code == 2
    assert said in err


def test_try_names_what_comes_nearest(desk: Path) -> None:
    code, out, _ = monitor(desk, "try", "talks", "Choïgou at military talks")
    assert code == 1
    assert "  near: “Choïgou” is how others write shoygu: add it to shoygu\n" in out
    assert "near:" not in monitor(desk, "try", "talks", "Rain")[1]
    said = "near: `talks AND rain` is read as one phrase: `AND` is a word here; write it under `query:`\n"
    assert said in monitor(desk, "try", "-", "Talks in the rain", text="talks AND rain")[1]


def test_the_channel_to_replay_is_one_that_there_is(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(CONFIG.replace("wire: https://wire.example/rss", ""))
    assert monitor(desk, "run", "--once")[0] == 0
    assert monitor(desk, "alerts", "replay", "--channel", "screen") == (0, "no message was set aside\n", "")
    code, out, err = monitor(desk, "alerts", "replay", "--channel", "skreen")
    assert (code, out, err) == (2, "", "error: no channel `skreen`: did you mean `screen`?\n")


def test_status_says_that_files_are_broken(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(CONFIG.replace("wire: https://wire.example/rss", ""))
    assert monitor(desk, "run", "--once")[0] == 0
    assert "files" not in monitor(desk, "status")[1]
    (desk / "rules.yaml").write_text(RULES.replace("[military talks]", "[peace talks]"))
    code, out, _ = monitor(desk, "status")
    assert code == 1
    assert "files     1 mistake: a daemon would not start; `monitor check` shows what is wrong\n" in out
    assert "rules.yaml:5:18: rule `talks`: this hit is not found" in out
    (mistake,) = json.loads(monitor(desk, "status", "--json")[1])["mistakes"]
    assert mistake.startswith("rules.yaml:5:18: ")
    assert monitor(desk, "status", "--quiet") == (1, "", "")


def terminal(desk: Path, *arguments: str, piped: bool = False) -> str:
    """Run on a terminal of 60 columns; `piped`: with standard output elsewhere. Return what the terminal shows."""
    ours, theirs = pty.openpty()
    name = os.ttyname(theirs)
    streams = (os.devnull, os.devnull if piped else name, name)
    with ThreadPoolExecutor(1) as beside:  # a terminal that nobody reads is soon full
        shown = beside.submit(read_all, ours)
        try:
            run(desk, *arguments, streams=streams, env={**os.environ, "COLUMNS": "60"})
        finally:
            os.close(theirs)
    os.close(ours)
    return shown.result()


def read_all(end: int) -> str:
    """Read until the other end of a terminal is closed."""
    shown = b""
    with contextlib.suppress(OSError):  # EIO: that is how Linux says so
        while piece := os.read(end, 65_536):
            shown += piece
    return shown.decode()


def test_a_progress_bar_is_drawn_on_a_terminal_and_not_for_machines(desk: Path) -> None:
    many = "".join(f"  r{number}: {{terms: flood{number}, hits: flood{number}}}\n" for number in range(501))
    (desk / "rules.yaml").write_text(f"rules:\n{many}")
    assert "rules  [" in terminal(desk, "check")
    assert "100%" in terminal(desk, "test", piped=True)
    assert terminal(desk, "test", "--format", "json", piped=True) == ""
    assert monitor(desk, "test")[2] == ""


def test_lines_are_broken_where_a_terminal_ends(desk: Path) -> None:
    (desk / "rules.yaml").write_text(
        RULES.replace("talks:", "talks-of-a-very-long-name:", 1) + "  storm: " + 20 * "storm " + "\n"
    )
    for arguments in (("check",), ("rules", "list"), ("rules", "show", "quake"), ("try", "quake", "Earthquake")):
        shown = re.sub(r"\x1b\[[\d;]*m", "", terminal(desk, *arguments)).splitlines()
        assert max(map(len, shown)) <= 60, arguments


def test_replay_says_how_many_it_sends_again(desk: Path) -> None:
    (desk / "monitor.yaml").write_text(CONFIG.replace("wire: https://wire.example/rss", ""))
    assert monitor(desk, "run", "--once")[0] == 0
    assert monitor(desk, "alerts", "replay") == (0, "no message was set aside\n", "")


# -- actors ------------------------------------------------------------------------------------------------------------


def test_actors_are_listed_and_shown(desk: Path) -> None:
    (desk / "rules.yaml").write_text(RULES.replace("actors: {", "actors: {idle: Nobody Else, "))
    assert monitor(desk, "actors", "list")[1].splitlines() == [
        "idle    1 spelling   named by no rule",
        "shoygu  2 spellings  talks",
    ]
    for name in ("shoygu", "шойгу"):
        assert monitor(desk, "actors", "show", name)[1].splitlines() == [
            "shoygu",
            "  Shoygu  rules.yaml:2",
            "  Шойгу   rules.yaml:2",
            "rules: talks",
        ]
    code, _, err = monitor(desk, "actors", "show", "shoigu")
    assert code == 2
    assert "no actor `shoigu`: did you mean `shoygu`?" in err


def test_suggestions_are_a_patch_and_nothing_is_written(desk: Path) -> None:
    before = (desk / "rules.yaml").read_bytes()
    for name in ("shoygu", "Шойгу"):
        code, out, _ = monitor(desk, "actors", "suggest", name)
        assert code == 0
        assert "+actors: {shoygu: [Shoygu, Шойгу, Shoigu, Šojgu, Choïgou, Schoigu, Szojgu]}\n" in out
    assert (desk / "rules.yaml").read_bytes() == before
    (desk / "rules.yaml").write_text(RULES.replace("Шойгу]", "Шойгу, Sch*]"))
    out = monitor(desk, "actors", "suggest", "shoygu", "--lang", "de", "--lang", "ru")[1]
    assert out == "nothing to add to `shoygu`\n"


def test_suggestions_that_no_line_can_take_are_said(desk: Path) -> None:
    (desk / "rules.yaml").write_text(
        "actors:\n  shoygu:\n  - Шойгу\n  - Sergei\n    Shoigu\nrules: {r: {actors: shoygu}}"
    )
    out = monitor(desk, "actors", "suggest", "shoygu", "--lang", "fr")[1]
    assert out == "nothing to add to `shoygu`\n"  # a Latin name that is no romanisation: it may be a transcription
    (desk / "rules.yaml").write_text(
        "actors:\n  shoygu:\n  - Шойгу\n  - Shoygu\n  - Ser\n    gei\nrules: {r: {actors: shoygu}}"
    )
    out = monitor(desk, "actors", "suggest", "shoygu", "--lang", "fr")[1]
    assert out == "add to `shoygu` in rules.yaml:3: Choïgou\n"


def test_a_name_that_nobody_has_is_an_actor_to_begin_with(tmp_path: Path) -> None:
    assert monitor(tmp_path, "actors", "suggest", "Шойгу") == (
        0,
        "actors:\n  shoygu: [Шойгу, Shoygu, Shoigu, Šojgu, Choïgou, Schoigu, Szojgu]\n",
        "",
    )


def test_without_a_cyrillic_name_there_is_nothing_to_begin_with(desk: Path) -> None:
    (desk / "rules.yaml").write_text("actors: {kerry: John Kerry}\nrules: {r: {actors: kerry}}")
    code, _, err = monitor(desk, "actors", "suggest", "kerry")
    assert code == 2
    assert "has no Russian or Ukrainian spelling to begin with" in err


def test_ctrl_c_is_neither_an_answer_nor_a_traceback() -> None:
    class Interrupted(LazyGroup):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:  # noqa: ARG002 - click's signature
            return click.Command(cmd_name, callback=lambda: signal.raise_signal(signal.SIGINT))

    result = CliRunner().invoke(Interrupted("monitor"), ["search"])
    assert (result.exit_code, result.stderr) == (130, "\nstopped by Ctrl-C\n")
