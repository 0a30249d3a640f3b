"""Prometheus's own tool, where it is installed."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed: Debian's package `prometheus` has it"
)


def promtool(*arguments: str, text: str = "") -> tuple[int, str]:
    """Run it; return its exit code and all that it says."""
    assert PROMTOOL is not None
    ran = subprocess.run([PROMTOOL, *arguments], input=text, capture_output=True, text=True, check=False)
    return ran.returncode, (ran.stdout + ran.stderr).strip()


def check_metrics(text: str) -> tuple[int, str]:
    return promtool("check", "metrics", text=text)


def read_samples(text: str) -> dict[str, float]:
    """Read an exposition: what each series is called, its labels in order, and its value."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found
