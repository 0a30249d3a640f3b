"""Each bundled story, read from its files by the whole house, is told in as many messages as its folder says."""

import io
from pathlib import Path

import pytest

from monitor.app import open_app
from monitor.document import read_document
from monitor.setup import load_setup
from monitor.testing import FakeClock
from tests.app.house import START

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in (ROOT / "seeds" / "stories").glob("*/expected.yaml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
async def test_a_seed_story_is_told_once(folder: Path, tmp_path: Path) -> None:
    messages = configure(folder, tmp_path)
    console = io.StringIO()
    setup = load_setup(tmp_path / "monitor.yaml", env={})
    for _ in range(2):  # the second time tells nothing
        async with open_app(setup, clock=FakeClock(START), stream=console) as app:
            assert await app.run_once()
            report = await app.doors.in_store(app.doors.store.status)
    assert all(feed.cause is None for feed in report.feeds)
    # a copy of a story is told once more where it has words that another rule watches for: as a reply
    replies = console.getvalue().count("        also  About “")
    assert report.deliveries["sent"] - replies == messages
    assert console.getvalue().count("        link  ") - replies == messages


def configure(folder: Path, tmp_path: Path) -> int:
    """Write a configuration for one story; return how many messages it makes."""
    document, _ = read_document(folder / "expected.yaml")
    assert document is not None
    feeds = {path.name.partition(".")[0]: path for path in folder.iterdir() if path.name != "expected.yaml"}
    lines = "".join(f"  {name}: {{url: 'file:{path}', backlog: alert}}\n" for name, path in feeds.items())
    (tmp_path / "monitor.yaml").write_text(
        f"channels: {{screen: {{console: true}}}}\nallow_files: ['{folder}']\ninclude: ['{ROOT}/rules/*.yaml']\n"
        f"feeds:\n{lines}"
    )
    return int(document.value["messages"])
