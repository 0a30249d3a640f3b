"""The daemon as an operator meets it: a process, its output, its signals."""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
from pathlib import Path

import pytest

from tests.forks import Running, monitor, running
from tests.store.postgres import MISSING, find_binaries, running_server, running_standby

ROOT = Path(__file__).parents[2]
FAILS, WORKS = "the store fails: waiting for it, nothing is lost", "the store works again"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what a clone has, but for the starter feeds: tests ask nobody on the internet."""
    for name in ("rules", "seeds"):
        shutil.copytree(ROOT / name, tmp_path / name)
    lines = (ROOT / "monitor.yaml").read_text().splitlines(keepends=True)
    kept = [line for line in lines if "seeds/feeds.yaml" not in line]
    assert len(kept) == len(lines) - 1
    (tmp_path / "monitor.yaml").write_text("".join(kept))
    return tmp_path


def daemon(folder: Path, **env: str) -> contextlib.AbstractContextManager[Running]:
    return running(folder, "run", env=os.environ | env)


def wait_for(process: Running, event: str) -> dict[str, object]:
    """Read the log until an event comes; the test's own time limit ends the wait."""
    for line in process.stderr:
        record: dict[str, object] = json.loads(line)
        if record["event"] == event:
            return record
    raise AssertionError(f"the log ended without `{event}`")


def read_messages(process: Running, count: int) -> list[str]:
    """Read so many messages from standard output: each ends with an empty line."""
    messages, lines = [], ""
    for line in process.stdout:
        if line.strip():
            lines += line
            continue
        messages.append(lines)
        lines = ""
        if len(messages) == count:
            return messages
    raise AssertionError(f"only {len(messages)} messages came")


def outages(process: Running) -> list[str]:
    """Have the daemon end, and return what it said of the store in the rest of its log; it told nothing more."""
    assert process.end(signal.SIGTERM) == (0, "")
    records = [json.loads(line) for line in process.stderr]
    return [record["event"] for record in records if record["event"] in (FAILS, WORKS) or record["level"] == "error"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_first_run_tells_the_seed_story_once_and_stops_when_asked(checkout: Path, number: signal.Signals) -> None:
    with daemon(checkout) as process:
        messages = read_messages(process, 4)
        assert process.end(number) == (0, "")
    told = "\n".join(messages).lower()  # whichever of its copies came first, each story is told
    for part in ("military-to-military", "shoygu", "шойгу", "isis", "why", "link  http"):
        assert part in told, part
    with daemon(checkout) as process:
        assert wait_for(process, "running")["feeds"] == 4
        assert process.end(number) == (0, "")
    assert monitor(checkout, "run", "--once")[:2] == (0, "")


def test_a_second_daemon_on_the_same_state_is_refused_with_the_reason(checkout: Path) -> None:
    with daemon(checkout) as process:
        wait_for(process, "running")
        code, _, said = monitor(checkout, "run")
        assert code == 2
        assert f"pid {process.pid}" in said
        assert process.end(signal.SIGTERM)[0] == 0


def test_status_tells_of_the_daemon_while_it_runs_and_after(checkout: Path) -> None:
    code, out, said = monitor(checkout, "status")
    assert (code, out) == (2, "")
    assert "`monitor run` makes it" in said
    with daemon(checkout) as process:
        read_messages(process, 4)
        report = json.loads(monitor(checkout, "status", "--json")[1])
        assert report["alive"] is True
        assert report["alerts"] == 4
        assert monitor(checkout, "status", "--quiet")[1] == ""
        process.end(signal.SIGTERM)
    assert "4 healthy, 0 failing" in monitor(checkout, "status")[1]


def test_reload_reads_a_new_rule_and_keeps_the_last_good_ones(checkout: Path) -> None:
    rules = checkout / "rules" / "mine.yaml"

    assert monitor(checkout, "reload")[0] == 2
    with daemon(checkout) as process:
        rules_before = wait_for(process, "running")["rules"]
        assert isinstance(rules_before, int)
        rules.write_text("rules: {mine: [storm]}\n")
        assert wait_for(process, "reloaded")["rules"] == rules_before + 1  # by itself: the file changed
        rules.write_text("rules: {mine: {termz: storm}}\n")
        mistake = wait_for(process, "mistake in the files")["mistake"]
        assert "mine.yaml:1:16: unknown key `termz`; did you mean `terms`?" in str(mistake)
        assert monitor(checkout, "reload")[0] == 2
        rules.write_text("rules: {mine: [gale]}\n")
        code, _, said = monitor(checkout, "reload")
        assert code == 0, said
        assert wait_for(process, "reloaded")["rules"] == rules_before + 1
        process.end(signal.SIGTERM)


def test_systemd_hears_when_the_daemon_is_ready_reloads_and_stops(checkout: Path) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(checkout / "notify"))
        manager.settimeout(50)

        def heard() -> list[str]:
            return manager.recv(4096).decode().split("\n")

        with daemon(checkout, NOTIFY_SOCKET=str(checkout / "notify"), WATCHDOG_USEC="3000000") as process:
            ready = heard()
            assert ready[0] == "READY=1"
            assert re.fullmatch(r"STATUS=4 feeds, \d+ rules, 1 channels", ready[1])
            assert heard() == ["WATCHDOG=1"]
            os.kill(process.pid, signal.SIGHUP)
            said = [line for line in iter(heard, ["READY=1", ready[1]]) if line != ["WATCHDOG=1"]]
            assert [line[0] for line in said] == ["RELOADING=1"]
            assert process.end(signal.SIGTERM)[0] == 0
            assert "STOPPING=1" in (line for _ in range(100) for line in heard())


def add_feed(checkout: Path) -> None:
    """Watch one more feed, with one entry to be told."""
    (checkout / "more").mkdir()
    (checkout / "more" / "late.xml").write_text(
        "<rss version='2.0'><channel><title>x</title><item><guid>1</guid><title>Shoygu, late</title>"
        "<description>Shoygu spoke of Syria again.</description></item></channel></rss>"
    )
    config = (checkout / "monitor.yaml").read_text()
    (checkout / "monitor.yaml").write_text(
        config.replace("[seeds/stories]", "[seeds/stories, more]").replace(
            "feeds:\n", "feeds:\n  late: {url: 'file:more/late.xml', backlog: alert}\n"
        )
    )


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="prlimit(2) is Linux")
def test_a_full_disk_is_said_once_and_everything_is_told_when_there_is_room_again(checkout: Path) -> None:
    assert monitor(checkout, "run", "--once")[0] == 0
    size = 8_192  # bytes: no log of SQLite's is shorter
    with daemon(checkout) as process:
        wait_for(process, "running")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        add_feed(checkout)
        failed = wait_for(process, FAILS)
        assert "monitor.db" in str(failed["error"])
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        (message,) = read_messages(process, 1)
        assert "late" in message
        assert outages(process) == [WORKS]


def test_a_database_that_is_gone_is_waited_for_and_everything_is_told_when_it_is_back(checkout: Path) -> None:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip(MISSING)
    with (
        running_server(binaries) as server,
        daemon(checkout, MONITOR_STORE=server.create("outage")) as process,
    ):
        before = read_messages(process, 4)
        server.control("stop")
        failed = wait_for(process, FAILS)
        assert "outage" in str(failed["error"])
        add_feed(checkout)
        server.control("start")
        (late,) = read_messages(process, 1)
        assert "late" in late
        assert len({*before, late}) == 5
        assert outages(process) == [WORKS]


def test_where_the_database_fails_over_to_its_standby_the_daemon_goes_on_there(checkout: Path) -> None:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip(MISSING)
    with running_server(binaries) as primary:
        primary.create("pair")
        with running_standby(binaries, primary) as standby:
            hosts = f"host={primary.sockets}&host={standby.sockets}"
            store = f"postgresql://monitor@/pair?{hosts}&target_session_attrs=read-write"
            with daemon(checkout, MONITOR_STORE=store) as process:
                before = read_messages(process, 4)
                primary.control("stop")
                wait_for(process, FAILS)
                add_feed(checkout)
                standby.control("promote")
                (late,) = read_messages(process, 1)
                assert "late" in late
                assert len({*before, late}) == 5
                assert outages(process) == [WORKS]
            primary.control("start")
