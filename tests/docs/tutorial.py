"""Play the tutorial, with a stand-in for Slack; `python -m tests.docs.tutorial` writes what is printed into the page."""

from __future__ import annotations

import asyncio
import re
import shlex
import tempfile
from pathlib import Path

from monitor.testing import FakeSlack
from tests import forks
from tests.docs.pages import DOCS, Page

PAGE = Page(DOCS / "tutorial.md")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.text, re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(?:# |<!-- )(\S+\.yaml|\S+\.xml|\.env)(?: -->)?\n")
_ENVIRONMENT = {"COLUMNS": "120", "LANG": "C.UTF-8", "HOME": "/", "PATH": "/usr/bin:/bin"}
_REFERENCE = '"${SLACK_BOT_TOKEN}"'


def shown() -> list[tuple[str, str]]:
    """Return the commands of the page, with what it says that they print."""
    consoles = "".join(body for language, body in BLOCKS if language == "console")
    parts = re.split(r"^\$ (.*)\n", consoles, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


async def play(folder: Path, slack: FakeSlack) -> list[tuple[str, str]]:
    """Write every file of the page and run every command; return the commands with what they print."""
    told, where = [], str(folder)
    for language, body in BLOCKS:
        if named := _NAME.match(body):
            file = folder / named[1]
            file.parent.mkdir(exist_ok=True)
            content = body.replace(_REFERENCE, f"{_REFERENCE}, api_url: '{slack.api_url}'")
            file.write_text(content.replace("xoxb-your-token", slack.token), encoding="utf-8")
        for command in re.findall(r"^\$ (.*)$", body, re.MULTILINE) if language == "console" else ():
            printed = await _run(folder, command)
            told.append((command, printed.replace(where, "~/watch")))
    return told


async def _run(folder: Path, command: str) -> str:
    first, *arguments = shlex.split(command)
    if first == "rm":
        (folder / arguments[0]).unlink()
        return ""
    if first == "chmod":
        (folder / arguments[1]).chmod(int(arguments[0], 8))
        return ""
    assert first == "monitor", command
    _, out, err = await asyncio.to_thread(forks.monitor, folder, *arguments, env=_ENVIRONMENT)
    return err + out


def steady(text: str) -> str:
    """Put signs for what is another at each run: times and ids; leave out what the doctor says of the disk."""
    text = re.sub(r"^\w+ +store: .*(?:are left on the disk|can still be made).*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(?:ok|warn) +console: .*\n(?:      .*\n)?", "", text, flags=re.MULTILINE)  # who else listens?
    text = re.sub(r"^(\d+ failures?), .* ok$", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"in \d+\.\d s\b", "in a SHORT TIME", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?", "TIME", text)
    return re.sub(r"\b[0-9a-f]{8,32}\b", "ID", text)


async def _write_anew() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with FakeSlack() as slack:
            told = await play(Path(folder), slack)
    text, place = PAGE.text, 0
    for command, answer in told:
        start = text.index(f"$ {command}\n", place) + len(f"$ {command}\n")
        end = re.compile(r"^(?:\$ |```)", re.MULTILINE).search(text, start)
        assert end is not None
        written = text[start : end.start()]
        printed = written if steady(written) == steady(answer) else answer  # what is new alone changes the page
        text, place = text[:start] + printed + text[end.start() :], start + len(printed)
    PAGE.path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(_write_anew())
