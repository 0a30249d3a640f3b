"""How long a rule set takes from YAML to a matcher, stage by stage, and what the event loop feels of it."""

from __future__ import annotations

import asyncio
import statistics
import time

from bench._news import make_world, to_yaml
from monitor.collector import uncollected
from monitor.document import Document, parse_document
from monitor.model import Priority
from monitor.rules.compile import compile_rules
from monitor.rules.load import load_rules
from monitor.rules.match import Ruleset

_TICK = 0.001


def _load(text: bytes) -> tuple[Ruleset, float, float]:
    """Load as a reload does; return the rule set with the CPU seconds of its two stages."""
    started = time.process_time()
    with uncollected():
        document, problems = parse_document(text, name="rules.yaml")
        read = time.process_time()
        assert isinstance(document, Document), problems
        ruleset, problems = load_rules(
            [document], channels=None, default_notify=("desk",), default_priority=Priority.NORMAL
        )
        assert ruleset is not None, problems
    return ruleset, read - started, time.process_time() - read


def measure_load(rules: int, *, rounds: int) -> None:
    """Print the median CPU seconds of each stage."""
    text = to_yaml(make_world(rules)).encode()
    taken = []
    for _ in range(rounds):
        ruleset, yaml, rest = _load(text)
        definitions = [one.definition for one in ruleset.compiled.values()]
        started = time.process_time()
        with uncollected():
            compile_rules(definitions)
        compiled = time.process_time() - started
        taken.append((yaml, rest - compiled, compiled, yaml + rest))
    stages = [statistics.median(times) for times in zip(*taken, strict=True)]
    print(f"{rules:,} rules, {len(text) / 1e6:.1f} MB of YAML, median of {rounds}, seconds of CPU:")
    for name, seconds in zip(("YAML with places", "validation and terms", "compile", "all"), stages, strict=True):
        print(f"  {name:<22}{seconds:>8.3f}")


def measure_lag(rules: int) -> None:
    """Print how late a timer of 1 ms comes while a thread reloads the rules."""
    text = to_yaml(make_world(rules)).encode()

    async def run(*, reload: bool) -> list[float]:
        late = []
        work = asyncio.create_task(asyncio.to_thread(_load, text) if reload else asyncio.sleep(2))
        while not work.done():
            started = time.perf_counter()
            await asyncio.sleep(_TICK)
            late.append(time.perf_counter() - started - _TICK)
        return sorted(late)

    for name, reload in (("idle", False), ("during a reload", True)):
        late = asyncio.run(run(reload=reload))
        numbers = (late[len(late) // 2], late[int(len(late) * 0.99)], late[-1])
        print(
            f"  loop lag {name:<16}p50 {{:6.1f}} ms, p99 {{:6.1f}}, most {{:6.1f}}".format(*(n * 1e3 for n in numbers))
        )
