"""`breaker`: when alerts are too many."""

import pytest

from monitor.config.load import load_config
from monitor.model import BreakerSettings
from tests.config.place import Place


@pytest.mark.parametrize(
    ("written", "settings"),
    [
        ("contact: x", BreakerSettings(alerts=20, factor=10)),
        ("breaker: ", BreakerSettings(alerts=20, factor=10)),
        ("breaker: {alerts: 50}", BreakerSettings(alerts=50, factor=10)),
        ("breaker: {alerts: 1, factor: 2.5}", BreakerSettings(alerts=1, factor=2.5)),
        ("breaker: false", None),
    ],
)
def test_breaker_is_read(place: Place, written: str, settings: BreakerSettings | None) -> None:
    config, problems = load_config(place.write("monitor.yaml", written + "\n"), env={})
    assert problems == []
    assert config is not None
    assert config.breaker == settings


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("breaker: true", "write `breaker: false`, or a mapping"),
        ("breaker: 20", "write `breaker: false`, or a mapping"),
        ("breaker: {alerts: 0}", "greater than or equal to 1"),
        ("breaker: {alerts: many}", "number"),
        ("breaker: {factor: nan}", "number"),
        ("breaker: {factor: inf}", "number"),
        ("breaker: {factor: 0.5}", "greater than or equal to 1"),
        ("breaker: {alert: 5}", "did you mean `alerts`?"),
    ],
)
def test_a_mistake_is_named_with_its_place(place: Place, written: str, complaint: str) -> None:
    _, problems = load_config(place.write("monitor.yaml", f"contact: x\n{written}\n"), env={})
    (problem,) = problems
    assert complaint in str(problem)
    assert problem.line == 2
