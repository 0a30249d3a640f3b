"""CPU of a fetch: a conditional GET beside bare aiohttp, plain and over TLS; polls per second and core, memory."""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import os
import resource
import ssl
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

import aiohttp
import structlog
from aiohttp import web

from monitor.app import open_app
from monitor.feeds.fetch import HttpFetcher
from monitor.model import AllowedHost, Feed, FeedNotes, FeedState, NotModified, Validators
from monitor.setup import load_setup

R = TypeVar("R")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LOOPBACK = (AllowedHost(network=ip_network("127.0.0.0/8")),)
RSS = b"<rss version='2.0'><channel><title>Wire</title><item><guid>1</guid><title>One</title></item></channel></rss>"
ROUNDS = 5
HOSTS = [f"127.0.1.{number}" for number in range(1, 101)]  # so that no host's turn is waited for


def _serve(ports: multiprocessing.Queue[int], certificate: str | None, hosts: Sequence[str]) -> None:
    unchanged = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal unchanged
        if request.path == "/unchanged":
            return web.Response(text=str(unchanged))
        if request.headers.get("If-None-Match") == '"1"':
            unchanged += 1
            return web.Response(status=304)
        return web.Response(body=RSS, content_type="application/rss+xml", headers={"ETag": '"1"'})

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/{name:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        port = 0
        for host in hosts:
            tls = _identity(certificate, host) if certificate else None
            await web.TCPSite(runner, host, port, ssl_context=tls, backlog=1024).start()
            port = runner.addresses[0][1]
        ports.put(port)
        await asyncio.Event().wait()

    asyncio.run(run())


def _identity(folder: str, host: str) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(Path(folder) / f"{host}.pem")
    return tls


@contextmanager
def serving(certificate: str | None, hosts: Sequence[str] = HOSTS) -> Iterator[int]:
    """Serve in a process of its own, so that its CPU time is not counted; yield the port."""
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=_serve, args=(ports, certificate, hosts), daemon=True)
    server.start()
    try:
        yield ports.get(timeout=30)
    finally:
        server.terminate()
        server.join()


@contextmanager
def trusted_certificate(hosts: Sequence[str] = HOSTS) -> Iterator[str]:
    """Make a certificate for each host, and have processes that start from now on trust whoever signed them.

    Yield their folder. A client keeps each connection's certificate: one for all hosts would be a large one.
    """
    import trustme  # noqa: PLC0415 - what is measured does not need it

    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as folder:
        for host in hosts:
            authority.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(str(Path(folder) / f"{host}.pem"))
        trusted = Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(str(trusted))
        os.environ["SSL_CERT_FILE"] = str(trusted)
        yield folder


async def _cpu(call: Callable[[], Awaitable[object]], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        await call()
    return (time.process_time() - started) / times


async def measure_get(url: str, times: int) -> tuple[float, float]:
    """Return the CPU seconds of a GET answered 304: by a bare aiohttp session, and by our fetcher."""
    feed = Feed(name="wire", url=url)
    state = FeedState(
        feed_id=1, name="wire", url=url, validators=Validators(etag='"1"'), notes=FeedNotes(unconditional_at=NOW)
    )
    fetcher = HttpFetcher(clock=lambda: NOW, allow=LOOPBACK)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:

        async def bare() -> None:
            async with session.get(url, headers={"If-None-Match": '"1"'}) as response:
                await response.read()

        async def ours() -> None:
            if not isinstance(await fetcher.fetch(feed, state), NotModified):
                raise SystemExit("the server should have said 304")

        await _cpu(bare, 10)
        await _cpu(ours, 10)
        rounds = [(await _cpu(bare, times), await _cpu(ours, times)) for _ in range(ROUNDS)]
    await fetcher.close()
    return statistics.median(one for one, _ in rounds), statistics.median(two for _, two in rounds)


class Clock:
    """A clock that is moved by hand."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


def _resident() -> float:
    """Return the megabytes of this process that are in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


async def measure_daemon(port: int, feeds: int) -> tuple[float, float, str]:
    """Poll all feeds until they are known, then once more; return CPU seconds a poll, polls a second, and memory."""
    stages = {"imports and this benchmark": _resident()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "monitor.yaml"
        lines = [f"  f{number}: 'https://{HOSTS[number % len(HOSTS)]}:{port}/{number}'" for number in range(feeds)]
        head = "channels: {screen: {console: true}}\nrules: {x: earthquake}\nallow: 127.0.0.0/8\nfeeds:\n"
        file.write_text(head + "\n".join(lines) + "\n")
        clock = Clock()
        async with open_app(load_setup(file, env={}), clock=clock, host_spacing=timedelta()) as app:
            stages["opened"] = _resident()
            for _ in range(2):  # the first polls of many feeds are spread
                await app.run_once()
                clock.now += timedelta(hours=3)
            stages["polled"] = _resident()
            before = await _unchanged(port)
            cpu, wall = time.process_time(), time.perf_counter()
            await app.run_once()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            polls = await _unchanged(port) - before
            stages["polled again"] = _resident()
    stages["at most"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    if polls < feeds / 2:
        raise SystemExit(f"only {polls} of {feeds} feeds were polled")
    return cpu / polls, polls / wall, ", ".join(f"{stage} {size:.0f}" for stage, size in stages.items())


async def _unchanged(port: int) -> int:
    """Ask the server how often it has said 304."""
    async with aiohttp.ClientSession() as session, session.get(f"https://{HOSTS[0]}:{port}/unchanged") as response:
        return int(await response.text())


def main(argv: list[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench fetch", description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--feeds", type=int, default=5_000)
    given = parser.parse_args(argv)
    with trusted_certificate() as certificate:
        bare = 0.0
        for scheme, chain in (("http", None), ("https", certificate)):
            with serving(chain) as port:
                url = f"{scheme}://{HOSTS[0]}:{port}/rss"
                bare, ours = _alone(measure_get, url, given.times)
                times = f"{ours * 1e3:.3f} ms of CPU; bare aiohttp {bare * 1e3:.3f} ms"
                print(f"{scheme}: conditional GET, 304: {times}: ratio {ours / bare:.2f}", flush=True)
        with serving(certificate) as port:
            cpu, rate, resident = _alone(measure_daemon, port, given.feeds)
    a_minute = 60 / cpu * 0.6
    print(f"\n{given.feeds} HTTPS feeds in one daemon, all unchanged: {cpu * 1e3:.2f} ms of CPU a poll,")
    print(f"{1 / cpu:.0f} polls a second and core, {a_minute:.0f} a minute on 60 % of one; {rate:.0f} a second here;")
    print(f"{cpu / bare:.2f} x a bare conditional GET; MB resident: {resident}")
    return 0


def _alone(measure: Callable[..., Coroutine[None, None, R]], *arguments: object) -> R:
    """Measure in a new process.

    aiohttp reads the trusted certificates when it is imported, and memory is to be measured of nothing else.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_run, measure, *arguments).result()


def _run(measure: Callable[..., Coroutine[None, None, R]], *arguments: object) -> R:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    return asyncio.run(measure(*arguments))
