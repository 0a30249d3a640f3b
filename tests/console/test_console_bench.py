"""The process in which rules are tried: it answers, is stopped where it takes too much, and knows the loaded files."""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.console.bench import MOST_WAITING, BusyError, TrialRefusedError, Workbench, ground_of, value_of
from monitor.console.bench_child import TOO_MUCH_MEMORY, answer
from monitor.console.bench_ground import Asked, Task, Workshop
from monitor.console.bench_work import TASKS
from monitor.setup import Setup, load_setup
from tests.app.house import RULES, START

MANY = Asked(rule="[" + ",".join(f"word{number}" for number in range(12_000)) + "]")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "monitor.yaml").write_text(
        "channels: {screen: {console: true}}\nfeeds: {wire: https://wire.example/rss}\ninclude: [rules.yaml]\n"
    )
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


@pytest.fixture
def setups(folder: Path) -> list[Setup]:
    return [load_setup(folder / "monitor.yaml", env={})]


@pytest.fixture
async def bench(setups: list[Setup]) -> AsyncIterator[Workbench]:
    made = Workbench(lambda: setups[-1])
    yield made
    await made.close()


def question(rule: str = "[storm]", **changes: Any) -> dict[str, Any]:
    return {"asked": Asked(rule=rule), "text": "A storm", "entry_id": "", "latest": False, "now": START, **changes}


async def test_a_process_answers_and_is_stopped(bench: Workbench, setups: list[Setup], folder: Path) -> None:
    found = await bench.do("try", seconds=9, **question())
    first = bench.pid
    assert found["attempts"][0]["held"]
    assert found["attempts"][0]["channels"] == [{"name": "screen", "when": ""}]
    with pytest.raises(TrialRefusedError, match="cannot be read beside the daemon"):
        await bench.do("try", seconds=9, **question(latest=True))
    assert (await bench.do("try", seconds=9, **question("{termz: x}")))["problems"][0][
        "hint"
    ] == "did you mean `terms`?"
    assert bench.pid == first
    many = (bench.do("try", seconds=9, **question()) for _ in range(MOST_WAITING + 1))
    answers = await asyncio.gather(*many, return_exceptions=True)
    assert [type(each) for each in answers] == [dict] * MOST_WAITING + [BusyError]

    with pytest.raises(TrialRefusedError, match=r"more than 0\.02 s of work"):
        await bench.do("try", seconds=0.02, **question(asked=MANY))
    assert bench.pid == 0

    assert (await bench.do("try", seconds=9, **question("{actors: shoygu}", text="Шойгу")))["matched"] == 1
    second = bench.pid
    (folder / "rules.yaml").write_text("actors: {bob: [Bob]}\nrules: {r: {actors: bob}}")
    setups.append(load_setup(folder / "monitor.yaml", env={}))
    assert (await bench.do("try", seconds=9, **question("{actors: bob}", text="Bob")))["matched"] == 1
    third = bench.pid
    assert len({0, first, second, third}) == 4
    os.kill(third, signal.SIGSTOP)  # it takes the task, and dies of it
    asking = asyncio.create_task(bench.do("try", seconds=9, **question()))
    await asyncio.sleep(0)
    os.kill(third, signal.SIGKILL)
    with pytest.raises(TrialRefusedError, match="it was too much"):
        await asking


SETPRIORITY = {"x86_64": 141, "aarch64": 140}.get(platform.machine())
SANDBOX = """#!{python}
import ctypes, os, struct, sys
code = [(0x20, 0, 0, 0), (0x15, 0, 1, {number}), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7FFF0000)]
raw = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in code))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # no new privileges
program = ctypes.create_string_buffer(struct.pack("HP", len(code), ctypes.addressof(raw)))
assert libc.prctl(22, 2, program, 0, 0) == 0  # that call fails with EPERM: seccomp(2), as systemd writes it
os.execv("{python}", ["{python}", *sys.argv[1:]])
"""


@pytest.mark.skipif(SETPRIORITY is None, reason="the number of this call is not known here")
async def test_a_sandbox_that_lets_nobody_be_nice_lets_rules_be_tried(setups: list[Setup], tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(SANDBOX.format(python=sys.executable, number=SETPRIORITY))
    python.chmod(0o755)
    bench = Workbench(lambda: setups[-1], python=str(python))
    found = await bench.do("try", seconds=9, **question())
    assert found["matched"] == 1
    assert os.getpriority(os.PRIO_PROCESS, bench.pid) == os.getpriority(os.PRIO_PROCESS, 0)
    await bench.close()


async def test_nothing_begins_where_it_cannot_or_at_the_end(setups: list[Setup]) -> None:
    bench = Workbench(lambda: setups[-1], python="/nowhere/python")
    with pytest.raises(TrialRefusedError, match="no process can be started: No such file"):
        await bench.do("try", seconds=1, **question())
    await bench.close()
    with pytest.raises(TrialRefusedError, match="is ending"):
        await bench.do("try", seconds=1, **question())


async def test_an_end_while_a_process_starts_leaves_none_behind(setups: list[Setup]) -> None:
    bench = Workbench(lambda: setups[-1])
    asking = asyncio.create_task(bench.do("try", seconds=9, **question()))
    await asyncio.wait([asking], timeout=0)
    await bench.close()
    with pytest.raises(TrialRefusedError, match="is ending"):
        await asking
    assert bench.pid == 0


def test_the_tags_of_a_feed_are_those_of_all(setups: list[Setup]) -> None:
    setup = setups[-1]
    assert (setup.tags_of("wire"), setup.tags_of("gone")) == (setup.source_tags["wire"], ())


async def test_an_answer_that_is_too_long_is_no_mistake_of_ours(setups: list[Setup]) -> None:
    bench = Workbench(lambda: setups[-1], most_answer=100)
    for _ in range(2):  # nothing of the first is left for the second
        with pytest.raises(TrialRefusedError, match="its answer is too long"):
            await bench.do("try", seconds=9, **question())
    await bench.close()


def test_a_bug_and_a_lack_of_memory_are_answers(setups: list[Setup], monkeypatch: pytest.MonkeyPatch) -> None:
    shop = ground_of(setups[-1]).open()

    def fail(_shop: Workshop, *, error: Exception, **_tell: Any) -> dict[str, Any]:
        raise error

    monkeypatch.setitem(TASKS, "fail", fail)

    def ask(error: Exception) -> dict[str, Any]:
        return answer(shop, Task(name="fail", arguments={"error": error}, seconds=0), lambda _: None)

    assert ask(MemoryError()) == {"refused": TOO_MUCH_MEMORY}
    assert ask(KeyError("x")) == {"bug": "KeyError"}
    with pytest.raises(TrialRefusedError, match="please report"):
        value_of(ask(KeyError("x")))


def test_what_goes_to_the_process_holds_no_secret(folder: Path) -> None:
    (folder / "monitor.yaml").write_text(
        "channels: {hook: {slack_webhook: '${HOOK}'}}\ninclude: [rules.yaml]\n"
        "feeds: {wire: {url: 'https://wire.example/${KEY}/rss?key=${KEY}', headers: {Authorization: '${KEY}'}}}\n"
    )
    env = {"HOOK": "https://hooks.slack.com/services/T/B/hunter2", "KEY": "hunter3"}
    ground = ground_of(load_setup(folder / "monitor.yaml", env=env))
    assert [Path(name).name for name, _ in ground.texts] == ["rules.yaml"]
    assert (ground.feeds[0].url, ground.feeds[0].headers) == ("https://wire.example", ())
    assert "hunter" not in repr(ground)
