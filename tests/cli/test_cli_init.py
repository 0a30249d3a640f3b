"""`monitor init` lays out a folder that is right as it is, and never writes over anything."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.errors import UserError
from monitor.scaffold.lay import contents
from monitor.schema import build_schemas
from tests.forks import monitor

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_the_folder_is_right_as_it_is_and_shows_something_at_once_offline(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "desk"
    ran = run("init", str(folder))
    assert ran.exit_code == 0, ran.output
    assert f"cd {folder} && monitor check && monitor test && monitor run" in ran.output
    made = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert made == set(contents())
    assert made >= {".env.example", ".gitignore", ".schema/rules.json", "slack-manifest.yaml", "README.md"}
    file = str(folder / "monitor.yaml")
    checked = run("-c", file, "check", "--strict")
    assert (checked.exit_code, checked.output) == (0, "ok: 2 files, 2 feeds, 2 rules, 1 channel\n")
    assert run("-c", file, "test").exit_code == 0
    code, out, _ = monitor(folder, "run", "--once")
    assert code == 0
    assert (out.count("HIGH "), out.count("NORMAL ")) == (1, 1)  # one story in two papers is told once
    assert "off Kestrel Point" in out


def test_the_modelines_lead_to_the_schemas_of_this_version(tmp_path: Path) -> None:
    run("init", str(tmp_path / "desk"))
    for name, schema in (("monitor.yaml", "monitor.json"), ("rules/example.yaml", "rules.json")):
        path = tmp_path / "desk" / name
        (found,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", path.read_text(), re.MULTILINE)
        assert json.loads((path.parent / found).read_text()) == build_schemas()[schema]


def test_a_minimal_folder_holds_a_configuration_and_rules_alone(tmp_path: Path) -> None:
    ran = run("init", "--minimal", str(tmp_path / "desk"))
    assert ran.exit_code == 0, ran.output
    made = [path for path in (tmp_path / "desk").rglob("*") if path.is_file()]
    assert {path.name for path in made} == {"monitor.yaml", "example.yaml"}
    assert not [path for path in made if "yaml-language-server" in path.read_text()]
    assert run("-c", str(tmp_path / "desk" / "monitor.yaml"), "check", "--strict").exit_code == 0


@pytest.mark.parametrize("name", ["monitor.yaml", ".gitignore", ".schema/rules.json"])
def test_nothing_is_written_where_a_file_is_there(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).symlink_to("nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=rf"has {re.escape(name)} already: nothing is written"):
        CliRunner().invoke(cli, ["init", str(tmp_path)], catch_exceptions=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_all_that_is_there_is_counted_and_some_of_it_named(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    with pytest.raises(
        UserError, match=r"has monitor\.yaml, rules/example\.yaml, sample/coast-wire\.rss\.xml and 7 more"
    ):
        CliRunner().invoke(cli, ["init", str(tmp_path)], catch_exceptions=False)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written: Not a directory"):
        CliRunner().invoke(cli, ["init", str(tmp_path / "file" / "desk")], catch_exceptions=False)


def test_the_manifest_is_the_one_that_is_tested_and_the_wheel_holds_the_files() -> None:
    assert contents()["slack-manifest.yaml"] == (ROOT / "deploy" / "slack-manifest.yaml").read_text(encoding="utf-8")
    assert (ROOT / "deploy" / "slack-manifest.yaml").is_symlink(), "there is one, and others lead to it"
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert (told["monitor.scaffold"], told["monitor.notify"]) == (["files/*"], ["slack-manifest.yaml"])


def test_its_own_page_names_commands_that_there_are() -> None:
    from monitor.cli import COMMANDS

    named = re.findall(r"^monitor (\w+)", contents()["README.md"], re.MULTILINE)
    assert len(named) == 7
    assert set(named) <= set(COMMANDS)
