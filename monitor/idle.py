"""Warn of a configuration that is right, and does nothing, or lets in more than its writer may know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from monitor.document import Span
from monitor.document.silence import silenced
from monitor.errors import Problem
from monitor.setup import Setup

_TOP = Span(0, 0, 1)


def idle_places(setup: Setup) -> Iterator[Problem]:
    """Yield warnings: there are no feeds, there are no rules, a proxy's guests may do everything."""
    main = setup.config.main
    feeds = ("MM302", "feeds", "there are no feeds: nothing is read", "`monitor feeds add URL --write` adds one")
    rules = ("MM303", "rules", "there are no rules: nothing is found", "write some, or `include` them")
    for (code, key, message, hint), found in ((feeds, setup.config.feeds), (rules, setup.ruleset.rules)):
        problem = main.problem_at(main.key_spans.get((key,), _TOP), message, hint)
        if not found and code not in silenced(problem.source):
            yield replace(problem, code=code)
    if hosts_without_auth(setup):
        message = "whoever comes by another name may do everything, too: nobody is asked to log in"
        problem = main.problem_at(
            main.key_spans.get(("console", "hosts"), _TOP), message, "add `auth: {token: ${CONSOLE_TOKEN}}`"
        )
        if "MM304" not in silenced(problem.source):
            yield replace(problem, code="MM304")


def hosts_without_auth(setup: Setup) -> bool:
    """Say whether the console answers to other names, and asks nobody who he is."""
    console = setup.config.console
    return bool(console.listen and console.hosts and console.login is None)
