"""Labelled news for `bench.stories`: reports by hand, from `stories_set.txt`, and what agencies and sites make of them.

Each story has reports in words of their own. Of many reports copies are made as they come in life: dateline and byline,
a site's name behind the title, "UPDATE 2-", a cut text, another headline over the same text, a moved link, a small
edit. Others come again with other numbers, a correction or a denial: never to be suppressed. Series of weather,
earthquakes, prices and columns repeat their template; accidents of one day resemble each other. All from a seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from monitor.model import Entry

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
_FILE = Path(__file__).with_name("stories_set.txt")
_COPIERS = ("daily mirrorer", "metro reprint", "valley courier", "portal nine", "coast ledger", "news rack")
_AGENCIES = ("Reuters", "AP", "AFP", "dpa", "TASS")
_TOWNS = [
    "Alderby",
    "Brenhaven",
    "Cosswick",
    "Dunmore",
    "Eastleigh",
    "Farrow",
    "Glenhurst",
    "Hartwell",
    "Inverly",
    "Jesmere",
    "Kirkfold",
    "Lowmarsh",
    "Marston",
    "Netherby",
    "Oakridge",
    "Penfield",
    "Quarrick",
    "Redmouth",
    "Stanwick",
    "Thornby",
    "Ulverton",
    "Wexcombe",
    "Yarrowby",
]
_PEOPLE = """
Abel Morrow|Berta Lindner|Carl Osgood|Dora Finch|Emil Sandoz|Frida Kahn|Gus Harlan|Hedda Roth|Ivo Marek|June Whitlock
""".strip().split("|")
_VICTIMS = """
Amos Tull|Bea Sorrel|Cy Fenwick|Dot Maddox|Eli Pranger|Fay Colby|Gil Ostrow|Hal Dempsey|Ina Grell|Jo Tarrant|Kit Vance
""".strip().split("|")


class Role(StrEnum):
    """What an entry is in the set."""

    REPORT = "report"
    COPY = "copy"  # the only ones that may be suppressed
    UPDATE = "update"
    CORRECTION = "correction"
    SERIES = "series"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One entry with what is true of it."""

    entry: Entry
    story: str
    text: str  # entries that share it have the same text
    role: Role


def read_set(seed: int = 5) -> list[Labelled]:
    """Return the whole set, in order of time."""
    rng = random.Random(seed)
    found = [*_reports()]
    found += [copy for story in _by_story(found) for copy in _variants(rng, story)]
    found += [*_accidents(rng), *_series(rng), *_columns()]
    return sorted(found, key=lambda item: (item.entry.seen_at, item.entry.id))


def is_test(story: str) -> bool:
    """Say whether a story belongs to the half of the set that nothing is fitted on."""
    return sha256(story.encode()).digest()[0] % 2 == 1


def _entry(number: str, feed: str, title: str, summary: str, hours: float, *, link: str = "") -> Entry:
    at = START + timedelta(hours=hours)
    address = (
        link or f"https://{sha256(feed.encode()).hexdigest()[:8]}.example/{sha256(number.encode()).hexdigest()[:12]}"
    )
    return Entry(
        id=sha256(number.encode()).hexdigest()[:32],
        keys=(),
        feed=feed,
        title=title,
        summary=summary,
        url=address,
        canonical_url=address,
        published=at,
        seen_at=at,
    )


def _reports() -> Iterator[Labelled]:
    story = ""
    for number, line in enumerate(_FILE.read_text(encoding="utf-8").splitlines()):
        if line.startswith("="):
            story = line.removeprefix("=").strip()
        elif line and not line.startswith("#"):
            hours, feed, title, summary = line.split(" | ")
            yield Labelled(
                _entry(f"{story}-{number}", feed, title, summary, float(hours)), story, f"t{number}", Role.REPORT
            )


def _by_story(found: list[Labelled]) -> list[list[Labelled]]:
    stories: dict[str, list[Labelled]] = {}
    for item in found:
        stories.setdefault(item.story, []).append(item)
    return [*stories.values()]


# -- what becomes of a report ------------------------------------------------------------------------------------------

Change = Callable[[random.Random, Entry, list[Labelled]], tuple[str, str]]


def _syndicated(rng: random.Random, entry: Entry, _: list[Labelled]) -> tuple[str, str]:
    agency = rng.choice(_AGENCIES)
    return f"{entry.title} - {agency}", f"{rng.choice(_TOWNS).upper()}, March 3 ({agency}) - {entry.summary}"


def _cut(rng: random.Random, entry: Entry, _: list[Labelled]) -> tuple[str, str]:
    words = entry.summary.split()
    kept = " ".join(words[: max(len(words) * 2 // 3, 12)])
    return entry.title, kept if len(words) <= 12 else kept + rng.choice(("…", "...", " […]"))


def _renamed(_: random.Random, entry: Entry, story: list[Labelled]) -> tuple[str, str]:
    others = [item.entry.title for item in story if item.entry.title != entry.title]
    return (_without_new_numbers(others[0], entry) if others else entry.title), entry.summary


def _without_new_numbers(title: str, entry: Entry) -> str:
    numbers = set(re.findall(r"\d+", title)) - set(re.findall(r"\d+", f"{entry.title} {entry.summary}"))
    return entry.title if numbers or re.search(r"\b(?:no|not|never|two|both)\b", title.lower()) else title


def _updated(rng: random.Random, entry: Entry, _: list[Labelled]) -> tuple[str, str]:
    prefix = rng.choice(("UPDATE 2-", "BREAKING: ", "WRAPUP 1-", "Just in: ", "(2nd LD) ", "Watch: "))
    return prefix + entry.title, entry.summary


def _signed(rng: random.Random, entry: Entry, _: list[Labelled]) -> tuple[str, str]:
    site = rng.choice(("The Valley Courier", "Metro Reprint", "Portal Nine"))
    return f"{entry.title} | {site}", f"By {rng.choice(_PEOPLE)} — {entry.summary} Read more"


def _typeset(_: random.Random, entry: Entry, __: list[Labelled]) -> tuple[str, str]:
    return entry.title.upper(), entry.summary.replace("'", "’").replace("-", "–").replace('"', "“")


def _edited(_: random.Random, entry: Entry, __: list[Labelled]) -> tuple[str, str]:
    summary = (
        entry.summary.replace("police said", "officials said").replace("announced", "said").replace("died", "have died")
    )
    return entry.title.replace(" and ", " & "), summary


_COPIES: tuple[Change, ...] = (_syndicated, _cut, _renamed, _updated, _signed, _typeset, _edited)


def _variants(rng: random.Random, story: list[Labelled]) -> Iterator[Labelled]:
    for item in story:
        for change in rng.sample(_COPIES, rng.choice((0, 1, 1, 2))):
            yield _again(rng, item, change(rng, item.entry, story), Role.COPY, rng.choice(_COPIERS))
        if rng.random() < 0.08:  # the same page under a new address
            yield _again(rng, item, (item.entry.title, item.entry.summary), Role.COPY, item.entry.feed)
        if rng.random() < 0.08:  # the same address in another feed of the site
            copy = _again(rng, item, (item.entry.title, item.entry.summary.split(". ")[0]), Role.COPY, "front page")
            link = item.entry.canonical_url
            yield replace(copy, entry=replace(copy.entry, url=link, canonical_url=link))
        if rng.random() < 0.5 and (changed := _other_numbers(rng, item.entry)):
            feed = item.entry.feed if rng.random() < 0.5 else rng.choice(_COPIERS)
            yield _again(rng, item, changed, Role.UPDATE, feed)
        if rng.random() < 0.12:
            mark = rng.choice(("CORRECTED-", "Correction: ", "CORRECTION: "))
            text = f"(Corrects name in first paragraph) {item.entry.summary}"
            yield _again(rng, item, (mark + item.entry.title, text), Role.CORRECTION, rng.choice(_COPIERS))


def _again(rng: random.Random, item: Labelled, told: tuple[str, str], role: Role, feed: str) -> Labelled:
    hours = (item.entry.seen_at - START) / timedelta(hours=1) + rng.uniform(0.2, 6)
    name = f"{item.entry.id}{role}{feed}{told[0]}{rng.random()}"
    text = item.text if role is Role.COPY else f"{item.text}-{name}"
    return Labelled(_entry(name, feed, *told, hours), item.story, text, role)


_DIGITS = re.compile(r"\d+|(?<!\w)(?:two|six|eight|nine|ten|twelve|zwei|vier|sechs|семь|ستة)(?!\w)", re.IGNORECASE)


def _other_numbers(rng: random.Random, entry: Entry) -> tuple[str, str] | None:
    """Raise one number wherever it stands, in figures or in words: "kills 10" becomes "kills 13"."""
    found = _DIGITS.search(entry.title)
    if not found:
        return None
    old = found[0]
    values = {"two": 2, "six": 6, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "zwei": 2, "vier": 4, "sechs": 6}
    value = int(old) if old.isdigit() else values.get(old.lower(), 7)
    new = str(value + rng.choice((1, 3, 7, 20)))
    written = {word for word, number in values.items() if number == value} | {old, str(value)}
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, written))})(?!\w)", re.IGNORECASE)
    return pattern.sub(new, entry.title), pattern.sub(new, entry.summary)


# -- what only looks alike ---------------------------------------------------------------------------------------------


def _accidents(rng: random.Random) -> Iterator[Labelled]:
    """Accidents of a few days: one agency's template, and for half of them a local paper's own report."""
    for number, town in enumerate(_TOWNS):
        story, hours = f"accident-{town}", rng.uniform(0, 90)
        dead, road, day = (
            rng.choice(("one", "two", "three")),
            rng.randrange(2, 90),
            rng.choice(("Monday", "Tuesday", "Friday")),
        )
        what = rng.choice(("car", "van", "motorcycle"))
        title = f"Crash near {town} kills {dead}"
        summary = f"A {what} hit a lorry on road {road} near {town} on {day}, killing {dead}, police said."
        yield Labelled(_entry(story, "harbor wire", title, summary, hours), story, story, Role.REPORT)
        if number % 2:
            victim = _VICTIMS[number // 2]
            title = rng.choice((f"{victim} dies in {town} collision", f"Fatal accident on road {road} at {town}"))
            summary = (
                f"The {what} went under the trailer of a lorry outside {town}. Road {road} was closed until midnight."
            )
            yield Labelled(
                _entry(f"{story}b", f"{town} news", title, summary, hours + 2), story, f"{story}b", Role.REPORT
            )


def _series(rng: random.Random) -> Iterator[Labelled]:
    for number, (feed, title, summary, hours) in enumerate(_issues(rng)):
        story = f"series-{number}"
        yield Labelled(_entry(story, feed, title, summary, hours), story, story, Role.SERIES)


def _issues(rng: random.Random) -> Iterator[tuple[str, str, str, float]]:
    days = ("Monday", "Tuesday", "Wednesday", "Thursday")
    for number, day in enumerate(days):
        at = 24.0 * number
        for town in ("Telby", "Hellmo", "Risby"):
            high = rng.randrange(5, 16)
            yield (
                "met desk",
                f"Weather in {town} for {day}",
                f"Cloudy at first, later sunny spells. Highs of {high} degrees, light wind from the west.",
                at,
            )
        yield (
            "money wire",
            f"Norland stocks close {rng.choice(('higher', 'lower'))}",
            f"The Hellmo index ended {day} at {rng.randrange(4000, 4400)} points, led by banks and energy.",
            at + 11,
        )
        yield (
            "money wire",
            f"Krona at {rng.randrange(1100, 1200) / 100} to the euro",
            f"The krona traded at this rate in Hellmo on {day} evening.",
            at + 11.5,
        )
        yield (
            "northern echo",
            "Morning briefing: what you need to know today",
            f"The five stories to start your {day} with.",
            at + 0.5,
        )
        yield (
            "star page",
            f"Horoscope for {day}",
            "What the stars hold for Aries, Taurus, Gemini and all the other signs.",
            at,
        )
        yield (
            "mittelstädter tagblatt",
            f"Das Wetter in Mittelstadt: {rng.randrange(3, 14)} Grad",
            "Wolkig, am Nachmittag Auflockerungen. Schwacher Wind aus West.",
            at,
        )
        yield (
            "северные вести",
            f"Курс валют: евро {rng.randrange(90, 99)} рублей",
            "Центральный банк установил официальные курсы иностранных валют.",
            at + 3,
        )
    for _ in range(14):
        place, magnitude = rng.choice(_TOWNS), rng.randrange(41, 58) / 10
        yield (
            "quake feed",
            f"M {magnitude} - {rng.randrange(5, 90)} km {rng.choice(('N', 'SSW', 'E'))} of {place}",
            f"Depth: {rng.randrange(5, 60)} km. Reported by {rng.randrange(2, 90)} people.",
            rng.uniform(0, 95),
        )
    for number, person in enumerate(_PEOPLE[:8]):
        yield (
            "norland herald",
            f"Obituary: {person}",
            f"{person}, who has died aged {rng.randrange(70, 99)}, was {rng.choice(('a painter', 'a judge'))} of note.",
            10.0 * number,
        )


def _columns() -> Iterator[Labelled]:
    """Write weekly columns and corrections of a page: the same title, another text or none that tells."""
    columns = (
        (
            "science daily",
            "This week in science",
            ("Comets, bees and a vaccine: our weekly column.", "Frogs, quarks and a bridge: our weekly column."),
        ),
        (
            "art news",
            "Photos of the week",
            ("The best pictures of the past seven days.", "The best pictures of the past seven days."),
        ),
        (
            "book page",
            "Letters to the editor",
            ("Readers write about long novels.", "Readers write about short novels."),
        ),
    )
    for feed, title, texts in columns:
        for number, text in enumerate(texts):
            story = f"column-{title}-{number}"
            yield Labelled(_entry(story, feed, title, text, 1.0 + 90 * number), story, story, Role.SERIES)
    pairs = (
        (
            "Ministry confirms sale of airport in Penfield",
            "Ministry denies sale of airport in Penfield",
            "The transport ministry on Tuesday {} that Penfield airport had been sold to an investor.",
        ),
        (
            "Council approves harbour plan in Redmouth",
            "Council rejects harbour plan in Redmouth",
            "The council of Redmouth on Wednesday {} the plan for a new harbour after a long debate.",
        ),
        (
            "Суд признал Лапина виновным",
            "Суд не признал Лапина виновным",
            "Районный суд в Заречье вынес приговор по делу бизнесмена Лапина, сообщает пресс-служба. {}",
        ),
    )
    for number, (one, other, text) in enumerate(pairs):
        words = (("confirmed", "denied"), ("approved", "rejected"), ("Да.", "Нет."))[number]
        for at, (title, word, feed) in enumerate(((one, words[0], "harbor wire"), (other, words[1], "plain dealer"))):
            story = f"denial-{number}"
            role = Role.UPDATE if at else Role.REPORT
            yield Labelled(
                _entry(f"{story}{at}", feed, title, text.format(word), 20.0 + 3 * at), story, f"{story}{at}", role
            )
