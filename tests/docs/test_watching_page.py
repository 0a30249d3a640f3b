"""The page about watching names the metrics that there are, and files that there are."""

from __future__ import annotations

import re

import yaml

from tests.deploy.test_watching import alerts, exposed
from tests.docs.pages import DOCS, Page

PAGE = Page(DOCS / "watching.md").text


def test_each_metric_stands_there_as_it_is() -> None:
    written = dict(re.findall(r"^\| `(monitor_\w+)` \| (\w+) \|", PAGE, re.MULTILINE))
    there_are = {name: kind for name, kind in exposed() if name.startswith("monitor_")}
    assert written == there_are


def test_the_alerts_it_names_are_those_that_are_critical() -> None:
    critical = {name for name, rule in alerts().items() if rule["labels"]["severity"] == "critical"}
    assert set(re.findall(r"`(MediaMonitor\w+)`", PAGE)) == critical
    assert len(alerts()) == 15, "the page says fifteen"


def test_the_configuration_of_prometheus_is_yaml() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert yaml.safe_load(block)["scrape_configs"][0]["job_name"] == "media-monitor"
