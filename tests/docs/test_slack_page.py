"""The page about Slack does what it says."""

from __future__ import annotations

import re
from pathlib import Path

from monitor import commands, setup
from tests.docs.pages import DOCS, Page

PAGE = Page(DOCS / "slack.md")


def test_its_example_loads(tmp_path: Path) -> None:
    (block,) = PAGE.blocks("yaml")
    (tmp_path / "monitor.yaml").write_text(block)
    env = {"SLACK_BOT_TOKEN": "xoxb-12345", "SLACK_APP_TOKEN": "xapp-12345"}
    loaded = setup.load_setup(tmp_path / "monitor.yaml", env=env)
    assert loaded.policies.of("desk").broadcast_sources == 5


def test_it_names_the_commands_that_there_are() -> None:
    named = {words.split()[0] for words in re.findall(r"`/monitor (\w[^`]*)`", PAGE.text)}
    assert named == {line.split()[0].rstrip(":") for line in commands.HELP.splitlines()}
