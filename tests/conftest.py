"""Measure coverage where every branch must be shown, and nowhere else: it doubles what a test costs.

`@pytest.mark.no_cover` stands at tests there that measure time, or show with very much what others show with little.
"""

import os

import pytest

os.environ["MONITOR_CONSOLE"] = "off"  # many daemons run at once, and one address is for one of them

COVERING = (
    "tests/decide/",
    "tests/rules/",
    "tests/text/",
    "tests/app/test_app_replay.py",
    "tests/app/test_app_stories.py",
    "tests/ground/test_articles.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.nodeid.startswith(COVERING):
            item.add_marker("no_cover")
