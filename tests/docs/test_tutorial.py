"""The tutorial works from its first line to its last, and its end is one alert in Slack."""

from __future__ import annotations

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
    (command,) = [body.strip() for language, body in BLOCKS if language == "sh" and "pip" in body]
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")  # where a test runs it
