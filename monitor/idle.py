"""Warn of a configuration that is right, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from monitor.document import Span
from monitor.document.silence import silenced
from monitor.errors import Problem
from monitor.setup import Setup

_TOP = Span(0, 0, 1)


def idle_places(setup: Setup) -> Iterator[Problem]:
    """Yield a warning where there are no feeds, and one where there are no rules."""
    main = setup.config.main
    feeds = ("MM302", "feeds", "there are no feeds: nothing is read", "`monitor feeds add URL --write` adds one")
    rules = ("MM303", "rules", "there are no rules: nothing is found", "write some, or `include` them")
    for (code, key, message, hint), found in ((feeds, setup.config.feeds), (rules, setup.ruleset.rules)):
        problem = main.problem_at(main.key_spans.get((key,), _TOP), message, hint)
        if not found and code not in silenced(problem.source):
            yield replace(problem, code=code)
