"""`monitor check`, where all is right and nothing would happen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.rules.lint.pages import PAGES


@pytest.mark.parametrize("code", ["MM302", "MM303"])
def test_a_configuration_that_does_nothing_is_warned_of(tmp_path: Path, code: str) -> None:
    page, file = PAGES[code], tmp_path / "monitor.yaml"
    for kind, found in (("bad", [code]), ("good", [])):
        file.write_text(getattr(page, kind) + "\nchannels: {screen: {console: true}}\n")
        ran = CliRunner().invoke(cli, ["-c", str(file), "check", "--strict", "--format", "json"])
        assert ([each["code"] for each in json.loads(ran.output)], ran.exit_code) == (found, len(found))
    file.write_text(
        f"{page.bad.replace(':', f':  # monitor: ignore {code}', 1)}\nchannels: {{screen: {{console: true}}}}\n"
    )
    assert CliRunner().invoke(cli, ["-c", str(file), "check", "--strict"]).exit_code == 0


def test_other_names_without_a_login_are_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_CONSOLE", "127.0.0.1:0")
    page, file, screen = PAGES["MM304"], tmp_path / "monitor.yaml", "\nchannels: {screen: {console: true}}\n"
    for text, found in ((page.bad, True), (page.good, False), (page.bad + "  # monitor: ignore MM304", False)):
        file.write_text(text + screen)
        ran = CliRunner().invoke(cli, ["-c", str(file), "check", "--format", "json"])
        assert ("MM304" in [each["code"] for each in json.loads(ran.output)]) is found
