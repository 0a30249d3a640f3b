"""What is forgotten is what the configuration says, and never what a rule still looks back on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.decide.retention import SLACK, cutoffs
from monitor.model import AtLeast, Retention, Rule
from tests.rules.building import compiled_rules

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
