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
