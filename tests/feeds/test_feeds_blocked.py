"""Who keeps us out, named with what shows it."""

from __future__ import annotations

import gzip

import pytest

from monitor.errors import Cause, FetchError
from tests.feeds.feed_server import RSS, Client, FeedServer

CHALLENGE = b"<html><head><title>Just a moment...</title></head><script src='/cdn-cgi/challenge-platform/x'>"


def short(value: object) -> str | None:
    """Name a test without the bytes that its server sends: they are long, and a gzip's are others every time."""
    return "body" if isinstance(value, bytes) else None


async def failure(client: Client, url: str) -> FetchError:
    with pytest.raises(FetchError) as raised:
        await client.get(url)
    return raised.value


@pytest.mark.parametrize(
    ("status", "headers", "body", "shown"),
    [
        (403, {"cf-mitigated": "challenge", "Server": "cloudflare"}, b"", "Cloudflare (cf-mitigated: challenge)"),
        (429, {"CF-Mitigated": "Challenge"}, b"", "Cloudflare (cf-mitigated: challenge)"),
        (403, {"Server": "cloudflare"}, CHALLENGE, "Cloudflare (server: cloudflare, and its challenge page)"),
        (503, {"Server": "cloudflare", "Content-Encoding": "gzip"}, gzip.compress(CHALLENGE),
         "Cloudflare (server: cloudflare, and its challenge page)"),
        (403, {"X-DataDome": "protected"}, b"", "DataDome (x-datadome)"),
        (403, {"X-DD-B": "1"}, b"", "DataDome (x-dd-b)"),
        (403, {"Server": "AkamaiGHost"}, b"", "Akamai (server: akamaighost)"),
        (403, {"X-Iinfo": "1-2-3"}, b"", "Imperva (x-iinfo)"),
        (202, {"x-amzn-waf-action": "challenge"}, b"", "AWS WAF (x-amzn-waf-action)"),
    ],
    ids=short,
)  # fmt: skip
async def test_who_blocks_is_named(
    server: FeedServer, client: Client, *, status: int, headers: dict[str, str], body: bytes, shown: str
) -> None:
    error = await failure(client, server.serve("/feed", body, status=status, headers=headers))
    assert error.cause is Cause.BLOCKED
    assert f"{server.url}/feed: {shown} keeps programs out" in error.detail


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (500, {"Server": "cloudflare"}, CHALLENGE),
        (403, {"Server": "cloudflare"}, b"Forbidden"),
        (403, {"Server": "cloudflare", "Content-Encoding": "gzip"}, b"no gzip"),
        (403, {"Server": "cloudflare", "Content-Encoding": "gzip"}, gzip.compress(bytes(9_000_000))),
        (404, {"X-DataDome": "protected"}, b""),
        (404, {"Server": "AkamaiGHost"}, b""),
        (403, {"Server": "nginx"}, CHALLENGE),
    ],
    ids=short,
)
async def test_who_only_stands_there_is_not_blamed(
    server: FeedServer, client: Client, status: int, headers: dict[str, str], body: bytes
) -> None:
    error = await failure(client, server.serve("/feed", body, status=status, headers=headers))
    assert error.cause is Cause.HTTP


@pytest.mark.parametrize("path", ["/login", "/account/Sign-In", "/users/sign_in.php", "/sso/start", "/wp-login.php"])
async def test_a_redirect_to_a_login_page_is_named(server: FeedServer, client: Client, path: str) -> None:
    server.serve(path, b"<html>", headers={"Content-Type": "text/html"})
    error = await failure(client, server.redirect("/feed", path + "?back=s3cret"))
    assert error.cause is Cause.BLOCKED
    assert error.detail == f"{server.url}/feed sends to a login page, {server.url}{path}"


@pytest.mark.parametrize(("path", "kind"), [("/blogin/x", "text/html"), ("/login", "application/rss+xml")])
async def test_a_page_that_is_no_login(server: FeedServer, client: Client, path: str, kind: str) -> None:
    server.serve(path, headers={"Content-Type": kind})
    assert (await client.page(server.redirect("/feed", path))).body == RSS


async def test_a_feed_whose_own_path_is_login_is_no_login(server: FeedServer, client: Client) -> None:
    assert (await client.page(server.serve("/login", headers={"Content-Type": "text/html"}))).body == RSS
