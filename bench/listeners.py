"""10,000 who listen to the alerts at once: how many are served, what the others hear, what the daemon feels of it.

One daemon in a process of its own, its console on loopback; this process opens the connections, from several addresses
of loopback, and holds every one that is not closed to it. Meanwhile messages are sent, and at the end an alert is told
to whoever was let in.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bench.console import delays, lay_out
from bench.memory import peak
from monitor.app import SWITCH, open_app, utc_now
from monitor.console.live import Limits
from monitor.logs import configure
from monitor.setup import load_setup
from monitor.testing import FakeNotifier

_AT_ONCE = 500  # connections that are being opened
_SOURCES = 4  # addresses they come from: each has some 28,000 ports
_PATIENCE = 30.0  # seconds that one waits for its answer
_LISTEN = b"GET /alerts/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
_TOLD = "Minister on everything that anybody listens to"
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def serve(folder: Path) -> None:
    """Be the daemon: say the port; send messages until told to stop; then tell an alert."""
    setup = load_setup(folder / "monitor.yaml", env=dict(os.environ) | {"MONITOR_CONSOLE": "127.0.0.1:0"})
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    with io.StringIO() as nowhere:
        async with open_app(setup, stream=nowhere, host_spacing=timedelta()) as app:
            await app.run_once()
            notifier = FakeNotifier()
            notifier.pace = timedelta()
            app.live.notifiers["desk"] = notifier  # type: ignore[index]
            await app.console.keep()
            print(app.console.port, flush=True)
            waits: dict[str, list[float]] = {}
            while command := (await commands.readline()).decode().strip():
                if command == "tell":
                    feed = setup.config.feeds[0]
                    page = folder / "feed-0.xml"
                    more = f"<item><guid>new</guid><link>https://news.example/new</link><title>{_TOLD}</title></item>"
                    page.write_text(page.read_text().replace("<item>", f"{more}<item>", 1))
                    await app.doors.in_store(
                        app.doors.store.sync_feeds, setup.config.feeds, utc_now(), hasten=[feed.url]
                    )
                    await app.run_once()
                    continue
                waits[command] = await delays(app, notifier, 100, command[:1])
                print(*(statistics.quantiles(waits[command], n=100)[place] * 1000 for place in (49, 98)), flush=True)


@asynccontextmanager
async def daemon(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one."""
    command = (sys.executable, "-m", "bench.listeners", "--serve", str(folder))
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def _listen(port: int, number: int, turn: asyncio.Semaphore) -> tuple[str, Line | None]:
    """Ask for the events; return what was answered, and the connection."""
    line = None
    async with turn:
        try:
            source = (f"127.0.0.{2 + number % _SOURCES}", 0)
            line = await asyncio.open_connection("127.0.0.1", port, local_addr=source)
            line[1].write(_LISTEN)
            async with asyncio.timeout(_PATIENCE):
                head = await line[0].readuntil(b"\r\n\r\n")
        except (OSError, EOFError, TimeoutError) as error:
            return type(error).__name__, line
    status = head.split()[1].decode()
    return f"{status} Retry-After" if b"\r\nRetry-After:" in head else status, line


async def _watch(pid: int, most: dict[str, int]) -> None:
    """Note the most files that the daemon has open."""
    while True:
        files = await asyncio.to_thread(lambda: len(list(Path(f"/proc/{pid}/fd").iterdir())))
        most["files"] = max(most.get("files", 0), files)
        await asyncio.sleep(0.05)


async def _heard(line: Line) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE):
            await line[0].readuntil(_TOLD.encode())
    except (OSError, EOFError, TimeoutError):
        return False
    return True


async def measure(folder: Path, count: int) -> bool:
    """Print what became of the connections and of the daemon; say whether all was as it should be."""
    async with daemon(folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(await process.stdout.readline())

        async def ask(command: str) -> list[float]:
            process.stdin.write(f"{command}\n".encode())  # type: ignore[union-attr]
            return [float(each) for each in (await process.stdout.readline()).split()]  # type: ignore[union-attr]

        alone = await ask("alone")
        (before, _), most = peak(process.pid), dict[str, int]()
        watching = asyncio.create_task(_watch(process.pid, most))
        beside = asyncio.create_task(ask("beside"))
        turn, started = asyncio.Semaphore(_AT_ONCE), time.monotonic()
        found = await asyncio.gather(*(_listen(port, number, turn) for number in range(count)))
        took = time.monotonic() - started
        p50, p99 = await beside
        watching.cancel()
        process.stdin.write(b"tell\n")
        heard = sum(await asyncio.gather(*(_heard(line) for answer, line in found if answer == "200" and line)))
        answers, after = Counter(answer for answer, _ in found), peak(process.pid)[0]
        print(f"{count:,} connections in {took:.1f} s, {_AT_ONCE} at once: {dict(answers)}")
        print(f"  {answers['200']} let in, {heard} of them heard of the alert that was told afterwards")
        print(f"  files open in the daemon: at most {most['files']}; peak of memory: {before:.0f} MB, then {after:.0f}")
        print(f"  a message took {alone[0]:.1f} ms (p99 {alone[1]:.1f}) before, {p50:.1f} (p99 {p99:.1f}) meanwhile")
        for _, line in found:
            if line:
                line[1].transport.abort()
        return answers["200"] == heard == Limits().most and answers["200"] + answers["503 Retry-After"] == count


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench listeners")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    configure("error")
    if options.serve:
        sys.setswitchinterval(SWITCH)  # as `serve` does
        asyncio.run(serve(options.serve))
        return 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.count + 100:
        raise SystemExit(f"this machine allows {hard} files a process, of them {soft} at first: try fewer")
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder))
        return 0 if asyncio.run(measure(Path(folder), options.count)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
