"""The front door: cheap to open, clear when it is not understood."""

import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.store import open_store
from tests import forks

HEAVY = ("pydantic", "slack_sdk", "jinja2", "apscheduler", "feedparser", "sqlalchemy", "aiohttp", "structlog", "yaml")


def monitor(*arguments: str, cwd: Path | None = None, text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, input=text)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["check", "--help"]])
def test_help_imports_none_of_the_heavy_libraries(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        f"sys.argv = ['monitor', *{arguments!r}]\n"
        "from monitor.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
    assert ran.stdout


@pytest.mark.parametrize(
    ("arguments", "needless"),
    [
        (["check"], ("aiohttp", "apscheduler", "feedparser", "jinja2", "slack_sdk", "sqlalchemy", "structlog")),
        (["status", "--quiet"], ("aiohttp", "alembic", "apscheduler", "feedparser", "jinja2", "structlog", "monitor.setup")),
        (["run", "--once"], ("alembic", "chardet", "jinja2", "re2", "selectolax")),
    ],
)  # fmt: skip
def test_what_is_asked_often_imports_only_what_it_needs(
    tmp_path: Path, arguments: list[str], needless: tuple[str, ...]
) -> None:
    (tmp_path / "monitor.yaml").write_text("channels: {screen: {console: true}}\nrules: {quake: earthquake}\n")
    open_store(f"sqlite:///{tmp_path}/var/monitor.db").close()
    program = (
        "import sys\n"
        f"sys.argv = ['monitor', *{arguments!r}]\n"
        "from monitor.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {needless!r} if name in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_help_lists_every_command_with_one_line() -> None:
    from monitor.cli import COMMANDS

    shown = monitor("--help").stdout
    for name, (_, line) in COMMANDS.items():
        assert f"  {name} " in shown
        assert line in shown


def test_every_listed_command_exists_and_explains_itself() -> None:
    from monitor.cli import COMMANDS, cli

    for name in COMMANDS:
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        assert command.help, name


def test_examples_in_help_stand_on_lines_of_their_own() -> None:
    from monitor.cli import COMMANDS, cli

    groups = [cli.get_command(click.Context(cli), name) for name in COMMANDS]
    commands = [
        *groups,
        *(one for group in groups if isinstance(group, click.Group) for one in group.commands.values()),
    ]
    helps = [command.get_help(click.Context(command)) for command in commands if command]
    assert any("\n    monitor mute --alert" in shown for shown in helps)
    assert not [shown for shown in helps if "\\b" in shown]


def test_an_unknown_command_is_named_with_the_one_that_was_meant() -> None:
    ran = monitor("chekc")
    assert ran.returncode == 2
    assert "There is no command `chekc`. Did you mean `check`?" in ran.stderr


def test_a_group_names_the_command_that_was_meant_or_all_of_its_own() -> None:
    near, far = monitor("alerts", "lst"), monitor("alerts", "ack")
    assert (near.returncode, far.returncode) == (2, 2)
    assert "There is no command `lst`. Did you mean `list`?" in near.stderr
    assert "There is no command `ack`. There is: judge, list, replay, show, why." in far.stderr


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("test talks", "`monitor test -k talks`."),
        ("test -v 'a b'", "`monitor test -k 'a b'`."),
        ("check rules.yaml", "`monitor -c rules.yaml check`."),
        ("run monitor.yaml", "`monitor -c monitor.yaml run`."),
        ("alerts list desk", "`monitor alerts list --channel desk`."),
        ("alerts replay desk", "`monitor alerts replay --channel desk`."),
        ("held list desk", "`monitor held list --channel desk`."),
        ("mute talks", "`monitor mute --rule talks`, or --feed, --channel, --story in its place."),
    ],
)
def test_an_operand_that_is_an_option_is_said_to_be_one(written: str, meant: str) -> None:
    ran = CliRunner().invoke(cli, shlex.split(written), prog_name="monitor")
    assert ran.exit_code == 2
    assert f" stands here without an option: write {meant}\n" in ran.stderr


def test_a_missing_configuration_is_said_in_one_line(tmp_path: Path) -> None:
    ran = monitor("run", cwd=tmp_path)
    assert ran.returncode == 2
    assert "monitor.yaml: file not found" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_help_shows_the_examples_line_by_line_and_cuts_nothing() -> None:
    shown = monitor("try", "--help").stdout
    assert "\\b" not in shown
    assert '\n    monitor try deconfliction "Carter calls Shoygu about deconfliction"\n' in shown
    assert "..." not in monitor("alerts", "--help").stdout.partition("Commands:")[2]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("front")
    assert forks.monitor(folder, "init")[0] == 0
    assert forks.monitor(folder, "run", "--once")[0] == 0
    return folder


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("arguments", [["check"], ["schema"], ["export", "--rule", "rescue-at-sea"]])
def test_a_full_disk_behind_standard_output_is_said_in_one_line(desk: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "monitor", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=desk,
        )  # fmt: skip
    assert (ran.returncode, ran.stderr.splitlines()[-1]) == (
        2,
        "error: nothing more can be written: No space left on device",
    )
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("arguments", [["rules", "list"], ["run", "--once"]])
def test_a_closed_standard_output_takes_what_is_said_nowhere(desk: Path, arguments: list[str]) -> None:
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "monitor", *arguments]
    ran = subprocess.run(closed, stderr=subprocess.PIPE, text=True, check=False, cwd=desk)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
