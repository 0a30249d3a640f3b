"""The book holds together: every page can be reached, every link leads somewhere, every command and example is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor import setup
from tests.docs.pages import DOCS, PAGES, ROOT, Page, parsed

BY_PATH = {page.path: page for page in PAGES}
README = Page(ROOT / "README.md")
COMMANDS = [(page, command) for page in PAGES for command in page.commands()]
FILES = ("monitor.yaml", "feeds.yaml")
EXAMPLES = [
    (page, block)
    for page in PAGES
    for block in page.blocks("yaml")
    if block.splitlines()[0].removeprefix("# ") in FILES
    and page.name not in ("tutorial.md", "notifier.md")  # which are run as a whole
]


def test_there_are_pages_commands_and_examples() -> None:
    assert len(PAGES) > 25
    assert len(COMMANDS) > 30
    assert len(EXAMPLES) > 12


@pytest.mark.parametrize("page", [*PAGES, README], ids=lambda page: page.path.name)
def test_every_link_leads_somewhere(page: Page) -> None:
    for target in page.links():
        name, _, anchor = target.partition("#")
        file = (page.path.parent / name).resolve() if name else page.path
        assert file.exists(), target
        if anchor:
            assert anchor in BY_PATH[file].headings(), target


def test_every_page_can_be_reached_from_the_index() -> None:
    reached: set[Path] = set()
    pending = [DOCS / "index.md"]
    while pending:
        path = pending.pop()
        if path not in reached:
            reached.add(path)
            for entry in "".join(BY_PATH[path].blocks(r"\{toctree\}")).splitlines():
                name = re.sub(r".*<(.*)>", r"\1", entry)
                pending.extend([path.parent / f"{name}.md"] if name and not name.startswith(":") else [])
    assert reached == set(BY_PATH)


@pytest.mark.parametrize(("page", "written"), COMMANDS, ids=[command.partition(" #")[0] for _, command in COMMANDS])
def test_every_command_is_one(page: Page, written: str) -> None:
    assert parsed(written).name, page.name


@pytest.mark.parametrize(("page", "block"), EXAMPLES, ids=[page.path.stem for page, _ in EXAMPLES])
def test_every_example_of_a_configuration_loads(tmp_path: Path, page: Page, block: str) -> None:
    name = block.splitlines()[0].removeprefix("# ")
    for file in ("rules/a.yaml", "seeds/feeds.yaml", "secrets/hook", "secrets/slack_token"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("" if file.endswith(".yaml") else "xoxb-12345")
    (tmp_path / "monitor.yaml").write_text("channels: {screen: {console: true}}\ninclude: [feeds.yaml]\n")
    (tmp_path / name).write_text(block)
    urls = {"SLACK_WEBHOOK_URL": "https://x.example/", "HEARTBEAT_URL": "https://x.example/"}
    urls |= {"APPRISE_URL": "json://x.example/", "SLACK_APP_TOKEN": "xapp-12345", "CONSOLE_TOKEN": "0123456789abcdef"}
    env = dict.fromkeys(re.findall(r"\$\{(\w+)\}", block), "xoxb-12345") | urls
    assert setup.load_setup(tmp_path / "monitor.yaml", env=env).channels, page.name


def test_every_variable_of_ours_is_named() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "monitor").rglob("*.py"))
    variables = set(re.findall(r"\"(MONITOR_[A-Z_]+)\"", source))
    assert variables
    assert variables <= set(re.findall(r"`(MONITOR_[A-Z_]+)`", BY_PATH[DOCS / "configuration.md"].text))
