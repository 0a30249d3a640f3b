"""What a shell proposes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from monitor.cli import COMMANDS, cli


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text("actors: {shoygu: [S]}\nrules: {quake: [earthquake], quiet: [calm]}\n")
    (tmp_path / "rules" / "broken.yaml").write_text("rules: {lost: [\n")
    (tmp_path / "packs" / "north").mkdir(parents=True)
    (tmp_path / "packs" / "north" / "pack.yaml").touch()
    (tmp_path / "monitor.yaml").write_text(
        "channels: {desk: {slack: '#d', token: '${NOT_SET}'}, screen: {console: true}}\n"
        "rules: {storm: [storm]}\nfeeds: {wire: 'https://w.example/', west: 'https://v.example'}\n"
        "include: [rules/*.yaml]\n"
    )
    return tmp_path


def proposed(folder: Path, *words: str) -> list[str]:
    *arguments, begun = words
    found = ShellComplete(cli, {}, "monitor", "_MONITOR_COMPLETE")
    given = ["-c", str(folder / "monitor.yaml"), *arguments]
    return [item.value for item in found.get_completions(given, begun)]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("mu",), ["mute", "mutes"]),
        (("--st",), ["--store"]),
        (("rules", "show", "qui"), ["quiet"]),
        (("backtest", "q"), ["quake", "quiet"]),
        (("try", ""), ["quake", "quiet", "storm"]),
        (("test", "-k", "st"), ["storm"]),
        (("mute", "--feed", "w"), ["west", "wire"]),
        (("feeds", "show", ""), ["west", "wire"]),
        (("mute", "--channel", ""), ["desk", "screen"]),
        (("notify", "test", "desk", "s"), ["screen"]),
        (("actors", "suggest", ""), ["shoygu"]),
        (("pack", "remove", "no"), ["north"]),
        (("rules", "show", "nosuch"), []),
    ],
)
def test_names_of_the_files_are_proposed(desk: Path, words: tuple[str, ...], names: list[str]) -> None:
    assert proposed(desk, *words) == names


def test_where_there_is_nothing_to_read_nothing_is_proposed(desk: Path) -> None:
    for text in ("- a\n", "rules: [a]\n", "a: [\n", "include: [nosuch/*.yaml, 3]\n"):
        (desk / "monitor.yaml").write_text(text)
        assert proposed(desk, "rules", "show", "") == []
    (desk / "monitor.yaml").unlink()
    assert proposed(desk, "rules", "show", "") == []
    (desk / "monitor.yaml").write_text("rules: {storm: x}\ninclude: [rules/*.yaml]\n")
    (desk / "rules" / "large.yaml").write_text("rules: {large: x}\n" + "#" * 1_000_000)
    assert proposed(desk, "rules", "show", "") == ["quake", "quiet", "storm"]


def test_every_command_is_proposed_with_its_line() -> None:
    found = ShellComplete(cli, {}, "monitor", "_MONITOR_COMPLETE").get_completions([], "")
    assert {item.value: item.help for item in found} == {name: line for name, (_, line) in COMMANDS.items()}


def test_proposing_commands_imports_none_of_them() -> None:
    program = (
        "import sys\nfrom click.shell_completion import ShellComplete\nfrom monitor.cli import cli\n"
        "ShellComplete(cli, {}, 'monitor', 'X').get_completions([], '')\n"
        "print(sorted(name for name in sys.modules if name.startswith('monitor.')))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['monitor.cli', 'monitor.cli.group', 'monitor.errors']"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_the_shells_own(shell: str) -> None:
    ran = CliRunner().invoke(cli, ["completion", shell])
    assert ran.exit_code == 0
    assert f"_MONITOR_COMPLETE={shell}_complete" in ran.output
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=ran.output, text=True, check=True)
