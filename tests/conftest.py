"""Measure coverage where every branch must be shown, and nowhere else: it doubles what a test costs.

`@pytest.mark.no_cover` stands at tests there that measure time, or show with very much what others show with little.
Tests of properties are not measured: what they reach is drawn by lot, so a branch that only they reach is not shown.
(`.ci/run` sets CI, by which Hypothesis draws the same in each run; elsewhere each run draws something else.)
"""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from monitor import secret
from tests.compiled import compile_once

if "CI" in os.environ:  # Hypothesis draws the same in each run, and half as many tell as much
    settings.register_profile("brief", settings.get_profile("ci"), max_examples=50)
    settings.load_profile("brief")
else:
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")

os.environ["MONITOR_CONSOLE"] = "off"  # many daemons run at once, and one address is for one of them

COVERING = (
    "tests/decide/",
    "tests/rules/",
    "tests/text/",
    "tests/app/test_app_replay.py",
    "tests/app/test_app_stories.py",
    "tests/ground/test_articles.py",
)

compile_once()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """Have no garbage looked for in what stays: it takes a third of the time in which thousands of tests are found."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)  # after Hypothesis has marked its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("hypothesis") or not item.nodeid.startswith(COVERING):
            item.add_marker("no_cover")


def pytest_runtest_teardown() -> None:
    """Forget what was a secret: texts of the next test may hold the same words."""
    secret._known.clear()
