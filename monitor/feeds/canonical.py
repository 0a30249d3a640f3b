"""Bring the many URLs of one article to one form: a key for comparing, never shown and never fetched.

Tables and `urllib.parse`, no network. What may name an article is kept (`?id=`, YouTube's `v`, `#!`); what only says
where the reader came from goes. No library was right: they drop `?id=`, drop `v`, or keep the tracking.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote, urlsplit

# -- the tables --------------------------------------------------------------------------------------------------------

_TRACKING_PREFIXES = (
    *("utm_", "at_", "mtm_", "pk_", "piwik_", "matomo_", "mc_", "hsa_", "ns_", "itm_", "oly_", "vero_", "wt_", "wt."),
    *("_hs", "trk_", "ga_", "guce_", "guccounter", "syn-", "__twitter", "sr_share", "amp_"),
)
_TRACKING = frozenset(
    (
        *("fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid", "ttclid"),
        *("li_fat_id", "igshid", "igsh", "epik", "mkt_tok", "_ga", "_gl", "_openstat", "spm", "scm", "s_cid", "icid"),
        *("cmp", "cmpid", "campaign_id", "ocid", "ncid", "xtor", "xtref", "maca", "smid", "smtyp", "ftag", "ito"),
        *("ref_src", "ref_url", "referrer", "referer", "traffic_source", "echobox", "taid", "partner_id", "sharetype"),
        *(
            "amp",
            "outputtype",
            "mobile",
            "action_object_map",
            "action_type_map",
            "action_ref_map",
            "fb_ref",
            "fb_source",
        ),
    )
)
# Names that say something about the article on one site and about the way to it on another: their value decides.
_TRACKING_BY_VALUE = frozenset(("ref", "source", "src", "from", "via", "feed", "cid", "output", "format", "partner"))
_WAY_VALUES = re.compile(
    r"(?:rss|atom|feeds?|feedburner|xml|amp|twitter|facebook|whatsapp|telegram|newsletter|e?-?mail|social|share|home)"
    r"(?:[-_.\d].*)?$",
    re.IGNORECASE,
)
# Fragments that only say where the reader came from; the BBC numbers the copies of an item (`#0`, `#1`).
_TRACKING_FRAGMENT = re.compile(
    r"(?:\d{1,2}|xtor=.*|utm_.*|at_.*|echobox=.*|ref=.*|rss.*|comments?|:~:.*|intcid=.*|fbclid=.*)$", re.IGNORECASE
)

_NUMBER = re.compile(r"#\d{1,2}$", re.ASCII)

_HOST_PREFIXES = ("www.", "m.", "mobile.", "amp.", "touch.")
_HOST_INFIXES = ("m", "amp")  # en.m.wikipedia.org
_INDEX = re.compile(r"/(?:index|default)\.html?$", re.IGNORECASE)
_AMP_PATH = re.compile(r"(?:/amp|\.amp)(?:\.html)?/?$|^/amp(?=/.)", re.IGNORECASE)
_SESSION = re.compile(r";jsessionid=[^/?#;]*", re.IGNORECASE)

# Hosts (without www.) that only pass the reader on: the parameters that hold the target, and the path where it matters.
_PROXIES = {
    "google.com": ("/url", ("url", "q")),
    "news.google.com": ("/news/url", ("url",)),
    "bing.com": ("/news/apiclick.aspx", ("url",)),
    "facebook.com": ("/l.php", ("u",)),
    "l.facebook.com": ("/l.php", ("u",)),
    "lm.facebook.com": ("/l.php", ("u",)),
    "l.instagram.com": ("/", ("u",)),
    "out.reddit.com": ("", ("url",)),
    "t.umblr.com": ("/redirect", ("z",)),
    "vk.com": ("/away.php", ("to",)),
    "youtube.com": ("/redirect", ("q",)),
    "go.redirectingat.com": ("", ("url",)),
    "getpocket.com": ("/redirect", ("url",)),
    "safelinks.protection.outlook.com": ("", ("url",)),
}
_AMP_CACHE = re.compile(r"^/(?:amp/|[cv]/|wp/)?(?:amp/)?(s/)?([^/]+\.[^/]+/.*)$")
_MAX_HOPS = 3
_MAX_LENGTH = 8_000

_BARE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "%!$&'()*+,;=:@/?-._~"


# -- the way -----------------------------------------------------------------------------------------------------------


def canonical_url(url: str) -> str:
    """Return the form in which two URLs of one article are equal, or "" for anything that is no http(s) URL.

    Never raises; applying it twice changes nothing. `http` becomes `https`.
    """
    try:
        return _canonical(url)
    except ValueError:  # a bad port, bracket or host name
        return ""


def is_numbered(url: str) -> bool:
    """Say whether the canonical form leaves out a number after `#`, which may name a part of the page, or a copy."""
    return bool(_NUMBER.search(url))


def numbered_url(url: str) -> str:
    """Return the canonical form with such a number, for an entry that nothing but its link names: a post of a page."""
    number = _NUMBER.search(url)
    form = canonical_url(url)
    return form + number[0] if number and form else form


def link_forms(url: str) -> tuple[str, ...]:
    """Return the forms by which an article that a person names may be known, the closest first; () = no http(s) URL.

    A person copies the place in a page that they are at: what is behind `#` is left out last, and never where it names
    the page itself, as `#/…` and `#!…` do.
    """
    form = canonical_url(url)
    page, mark, place = form.partition("#")
    bare = form if place.startswith(("/", "!")) or not mark else page
    return tuple(dict.fromkeys(filter(None, (numbered_url(url), form, bare))))


def _canonical(url: str) -> str:
    if len(url) > _MAX_LENGTH:
        return ""
    parts, host = _unwrap(urlsplit(url.strip()))
    if parts.scheme not in ("http", "https") or not host:
        return ""
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    host, path, query = _youtube(_plain_host(host), _path(parts.path), parts.query)
    query = _query(query)
    fragment = _fragment(parts.fragment)
    return f"https://{host}{port}{path}" + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def _unwrap(parts: SplitResult) -> tuple[SplitResult, str]:
    """Follow wrappers that carry their target; return the target and its host in ASCII."""
    host = _host(parts)
    for _ in range(_MAX_HOPS):
        target = _target(parts, host)
        if not target.startswith(("http://", "https://")):
            break
        parts = urlsplit(target)
        host = _host(parts)
    return parts, host


def _target(parts: SplitResult, host: str) -> str:
    bare = host.removeprefix("www.")
    if bare.endswith(".cdn.ampproject.org") or (bare == "google.com" and parts.path.startswith("/amp/")):
        cached = _AMP_CACHE.match(parts.path)
        if cached:
            return f"https://{cached.group(2)}" + (f"?{parts.query}" if parts.query else "")
    if bare.endswith(".safelinks.protection.outlook.com"):
        bare = "safelinks.protection.outlook.com"
    prefix, names = _PROXIES.get(bare, ("", ()))
    if not names or not parts.path.startswith(prefix):
        return ""
    values = dict(pair.partition("=")[::2] for pair in parts.query.split("&"))
    return next((unquote(values[name]) for name in names if name in values), "")


def _host(parts: SplitResult) -> str:
    """Return the host in lower-case ASCII (IDNA 2003, as Python has it), "" where there is none."""
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        return f"[{host}]"
    if not host.isascii():
        host = host.encode("idna").decode("ascii").lower()
    return host if re.fullmatch(r"[a-z0-9_.-]+", host) else ""


def _plain_host(host: str) -> str:
    """Drop what only chooses a layout: www., m., amp."""
    stripped = True
    while stripped:
        stripped = False
        for prefix in _HOST_PREFIXES:
            rest = host.removeprefix(prefix)
            if rest != host and "." in rest.strip("."):
                host, stripped = rest, True
    labels = host.split(".")
    return ".".join(
        label for at, label in enumerate(labels) if not (label in _HOST_INFIXES and 0 < at < len(labels) - 2)
    )


def _youtube(host: str, path: str, query: str) -> tuple[str, str, str]:
    """Give a video one address: the parameter `v`, whatever else follows."""
    if host == "youtu.be" and re.fullmatch(r"/[\w-]+", path):
        return "youtube.com", "/watch", f"v={path[1:]}"
    if host == "youtube.com" and path == "/watch":
        videos = [pair for pair in query.split("&") if pair.startswith("v=")]
        return host, path, videos[0] if videos else query
    return host, path, query


def _path(path: str) -> str:
    path, longer = _escape(_SESSION.sub("", path)).rstrip("/"), ""
    while path != longer:
        longer, path = path, _AMP_PATH.sub("", _INDEX.sub("", path)).rstrip("/")
    return path


def _query(query: str) -> str:
    """Drop tracking, bring the rest in order: `a=1&b=2` and `b=2&a=1` are one."""
    kept = [pair for pair in query.split("&") if pair and not _is_tracking(pair)]
    return "&".join(sorted(_escape(pair) for pair in kept))


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name = unquote(name).lower()
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES):
        return True
    return name in _TRACKING_BY_VALUE and bool(_WAY_VALUES.match(unquote(value)))


def _fragment(fragment: str) -> str:
    """Keep what may name a page of a script-driven site or a post of a live blog; drop what is known as tracking."""
    return "" if not fragment or _TRACKING_FRAGMENT.match(fragment) else _escape(fragment)


def _escape(text: str) -> str:
    """Bring percent-encoding to one form (RFC 3986, 6.2.2): needless escapes gone, the rest in upper case."""
    quoted = quote(text.encode("utf-8", "replace"), safe=_SAFE)
    return _ESCAPE.sub(_one_escape, _BARE_PERCENT.sub("%25", quoted))


def _one_escape(match: re.Match[str]) -> str:
    character = chr(int(match.group(1), 16))
    return character if character in _UNRESERVED else match.group().upper()
