"""The tutorial works from its first line to its last, and its end is one alert in Slack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from monitor.testing import FakeSlack
from tests.docs.pages import ROOT
from tests.docs.tutorial import BLOCKS, play, shown, steady


async def test_the_tutorial_ends_with_one_alert_in_slack(tmp_path: Path) -> None:
    async with FakeSlack() as slack:
        told = await play(tmp_path, slack)
    expected = [(command, steady(printed)) for command, printed in shown()]
    printed = [(command, steady(printed)) for command, printed in told]
    assert printed == expected, "run `python -m tests.docs.tutorial`"
    test, alert = (message.text for message in slack.messages)
    assert "Test message" in test
    assert "Dockers’ union calls strike in Northport" in alert


def test_what_is_installed_is_what_the_readme_installs() -> None:
    install, *_ = [body.strip() for language, body in BLOCKS if language == "sh"]
    assert "pip install" in install
    assert install in (ROOT / "README.md").read_text(encoding="utf-8")  # where a test runs it


def test_the_command_is_found_from_the_folder(tmp_path: Path) -> None:
    _, enter, *_ = [body.strip() for language, body in BLOCKS if language == "sh"]
    program = tmp_path / ".venv" / "bin" / "monitor"
    program.parent.mkdir(parents=True)
    program.symlink_to(sys.executable)
    command = ["sh", "-c", f"{enter} && pwd && command -v monitor"]
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    said = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
    assert said == f"{tmp_path}/watch\n{program}\n"
