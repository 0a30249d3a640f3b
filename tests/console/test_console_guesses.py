"""Who guesses is slowed, by address; nobody else is, and no number of guessers takes more memory."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from monitor.console.guesses import AT_ONCE, EVERY, MOST_ADDRESSES, Guesses
from monitor.testing.clock import FakeClock

CAME = make_mocked_request("GET", "/alerts")


def asking(remote: str, *forwarded: str) -> web.Request:
    return CAME.clone(remote=remote, headers=[("X-Forwarded-For", each) for each in forwarded])


def spent(remote: str, *forwarded: str, proxies: tuple[str, ...] = ()) -> Guesses:
    """Guess until this one has to wait."""
    guesses = Guesses(FakeClock(), proxies)
    for _ in range(AT_ONCE):
        assert guesses.wait(asking(remote, *forwarded)) == 0
        guesses.wrong(asking(remote, *forwarded))
    assert guesses.wait(asking(remote, *forwarded)) == EVERY
    return guesses


@pytest.mark.parametrize(
    ("other", "waits"),
    [("192.0.2.1", True), ("192.0.2.2", False), ("::ffff:192.0.2.1", True), ("2001:db8::1", False), ("", False)],
)
def test_an_address_pays_for_its_own_guesses(other: str, *, waits: bool) -> None:
    assert bool(spent("192.0.2.1").wait(asking(other))) is waits


@pytest.mark.parametrize(("other", "waits"), [("2001:db8::ffff", True), ("2001:db8:0:1::1", False)])
def test_a_machine_has_many_addresses_of_the_new_kind(other: str, *, waits: bool) -> None:
    assert bool(spent("2001:db8::1").wait(asking(other))) is waits


@pytest.mark.parametrize(
    ("forwarded", "waits"),
    [
        (("192.0.2.1",), True),
        (("192.0.2.2",), False),
        (("192.0.2.2, 192.0.2.1",), True),  # whoever writes what he likes before it stays who he is
        (("192.0.2.2", "192.0.2.1, 10.0.0.7"), True),
        (("192.0.2.1, 192.0.2.2",), False),
        ((), False),
        (("nonsense",), False),
    ],
)
def test_a_proxy_of_ours_says_who_asks(forwarded: tuple[str, ...], *, waits: bool) -> None:
    guesses = spent("10.0.0.5", "192.0.2.1", proxies=("10.0.0.0/24",))
    assert bool(guesses.wait(asking("10.0.0.5", *forwarded))) is waits


def test_a_stranger_cannot_say_who_he_is() -> None:
    assert spent("192.0.2.1", "192.0.2.9").wait(asking("192.0.2.1", "192.0.2.10")) > 0


def test_time_and_the_right_token_make_good() -> None:
    clock = FakeClock()
    guesses = Guesses(clock)
    for _ in range(3 * AT_ONCE):
        guesses.wrong(asking("192.0.2.1"))
    assert guesses.wait(asking("192.0.2.1")) <= 2 * EVERY  # what came at once is no ban for hours
    clock.advance(timedelta(seconds=2 * EVERY))
    assert guesses.wait(asking("192.0.2.1")) == 0
    clock.advance(timedelta(days=-1))  # the clock was wrong
    assert guesses.wait(asking("192.0.2.1")) <= EVERY
    guesses.right(asking("192.0.2.1"))
    assert (guesses.wait(asking("192.0.2.1")), len(guesses)) == (0, 0)


def test_very_many_guessers_are_forgotten_the_first_of_them_first() -> None:
    guesses, first = Guesses(FakeClock()), int(IPv4Address("198.18.0.0"))
    for number in range(MOST_ADDRESSES + 100):
        guesses.wrong(asking(str(IPv4Address(first + number))))
    assert len(guesses) == MOST_ADDRESSES
