"""The kind of channel that the page shows works: as a package of its own, found by its entry point."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from monitor import setup
from monitor.app import utc_now
from monitor.model import Accepted, DeliveryKind, Rejected, Unknown
from monitor.notify.channels import GROUP, open_channels
from tests.docs.pages import DOCS, Page
from tests.docs.test_webhook_page import delivery

PAGE = Page(DOCS / "notifier.md")


async def test_the_three_steps_make_a_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program,), (project,), (configuration,) = (PAGE.blocks(language) for language in ("python", "toml", "yaml"))
    points = tomllib.loads(project)["project"]["entry-points"][GROUP]
    info = tmp_path / "monitor_journal-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: monitor-journal\nVersion: 1.0\n")
    lines = "".join(f"{name} = {where}\n" for name, where in points.items())
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")
    (tmp_path / "journal.py").write_text(program)
    (tmp_path / "monitor.yaml").write_text(configuration)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)

    loaded = setup.load_setup(tmp_path / "monitor.yaml", env={})
    assert loaded.channels["archive"].policy("UTC").digest is not None
    notifier = open_channels(loaded.channels, clock=utc_now)["archive"]
    owed = delivery()
    assert isinstance(await notifier.look_up(owed, utc_now()), Rejected)
    assert await notifier.send(owed) == Accepted(ref=owed.key)
    assert await notifier.look_up(owed, utc_now()) == Accepted(ref=owed.key)
    (line,) = (tmp_path / "alerts.jsonl").read_text().splitlines()
    assert json.loads(line)["title"]["text"] == "Шойгу и Картер"
    assert await notifier.send(delivery(DeliveryKind.EDIT)) == Rejected(
        reason="a line that is written stays as it is", retry=False
    )
    (tmp_path / "alerts.jsonl").unlink()
    (tmp_path / "alerts.jsonl").mkdir()
    assert isinstance(await notifier.send(owed), Unknown)
    await notifier.close()
