"""Prometheus's alerts and Grafana's dashboard: both ask only for what there is, in queries that promtool can read."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from monitor.metrics import Metrics
from monitor.ports import Levels
from tests.deploy.promtool import needs_promtool, promtool

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS, TESTS, DASHBOARD = (
    DEPLOY / name for name in ("prometheus-alerts.yml", "prometheus-alerts-test.yml", "grafana-dashboard.json")
)
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}


def alerts() -> dict[str, dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def queries() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel.get("targets", ())]


def exposed() -> list[tuple[str, str]]:
    """All metrics that an exposition may hold, and their types."""
    metrics = Metrics()
    metrics.uses(rules=0, rules_hash="", feeds=0, channels={})
    now = datetime(2027, 1, 1, tzinfo=UTC)
    metrics.levels.show(Levels(feeds={}, feed_due=None, lanes=(), breakers=0, nodes=1), now)
    text = generate_latest(metrics.registry).decode()
    return re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def there_is() -> set[str]:
    """All names of series that an exposition may hold."""
    parts = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")}
    return {name + part for name, kind in exposed() for part in parts.get(kind, ("",))}


def named(query: str) -> set[str]:
    return set(re.findall(r"\b(?:monitor|process)_[a-z_]+", re.sub(r'"[^"]*"', "", query)))


def test_alerts_and_dashboard_ask_for_what_there_is(there_is: set[str]) -> None:
    asked = set[str]()
    for query in (*queries(), *(rule["expr"] for rule in alerts().values())):
        assert named(query), query
        asked |= named(query)
    assert asked <= there_is
    unseen = {name for name in there_is if name.startswith("monitor_")} - asked
    assert not {name for name in unseen if not name.endswith(("_sum", "_count", "_info", "_starts_total"))} - {
        "monitor_config_last_reload_success_timestamp_seconds"
    }, "counted, and shown nowhere"


def test_each_alert_says_what_to_do_and_is_tested() -> None:
    tested = Counter(
        (check["alertname"], bool(check["exp_alerts"]))
        for test in yaml.safe_load(TESTS.read_text())["tests"]
        for check in test["alert_rule_test"]
    )
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert tested[name, True]
        assert tested[name, False]


@needs_promtool
def test_promtool_takes_the_alerts_and_sees_them_fire() -> None:
    code, said = promtool("check", "rules", str(ALERTS))
    assert (code, "SUCCESS" in said) == (0, True), said
    code, said = promtool("test", "rules", str(TESTS))
    assert code == 0, said


@needs_promtool
def test_promtool_reads_the_dashboards_queries(tmp_path: Path) -> None:
    rules = []
    for number, written in enumerate(queries()):
        query = re.sub("|".join(map(re.escape, VARIABLES)), lambda found: VARIABLES[found[0]], written)
        assert "$" not in query
        rules.append({"record": f"panel:{number}", "expr": query})
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    code, said = promtool("check", "rules", "--lint=none", str(file))
    assert (code, f"{len(rules)} rules found" in said) == (0, True), said


def test_the_dashboard_s_panels_stand_beside_each_other() -> None:
    places = Counter[tuple[int, int]]()
    for panel in panels():
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        places.update((at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"]))
    assert set(places.values()) == {1}
    numbers = [panel["id"] for panel in panels()]
    assert len(set(numbers)) == len(numbers)
    assert all(panel["description"] for panel in panels() if panel["type"] != "row")
