"""What each code of a warning is about, with an example that has it and one that has not."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One code. The examples are whole files; the other codes need not hold their peace about them."""

    code: str
    title: str
    what: str  # what is found, and what it leads to
    why: str  # why nobody means it
    bad: str
    good: str


def _page(code: str, title: str, *, what: str, why: str, bad: str, good: str) -> Page:
    return Page(
        code=code, title=title, what=_joined(what), why=_joined(why), bad=dedent(bad).strip(), good=dedent(good).strip()
    )


def _joined(text: str) -> str:
    return " ".join(text.split())


_ALL = (
    _page(
        "MM101",
        "A term of one or two characters",
        what="A word of one or two letters, or a single Chinese or Japanese character, is watched for by itself.",
        why="""Case and accents do not count, and every language is read: `US` is also the English "us", `EU` the
        Portuguese "eu". The rule will alert about texts that have nothing to do with it.""",
        bad="""
        rules:
          alliance: {terms: [EU], hits: [EU ministers meet], misses: [Nothing happens]}
        """,
        good="""
        rules:
          alliance: {exact: [EU], hits: [EU ministers meet], misses: [Eu vi um gato]}
        """,
    ),
    _page(
        "MM102",
        "A very common word",
        what="One of the commonest words of a language is watched for by itself.",
        why="""It stands in nearly every text of that language, so the condition always holds; under `none` it would
        throw nearly everything away.""",
        bad="""
        actors:
          health-body: [WHO, World Health Organization]
        rules:
          health: {actors: health-body, hits: [World Health Organization meets], misses: [Rain]}
        """,
        good="""
        actors:
          health-body: [World Health Organization, WHO director*]
        rules:
          health: {actors: health-body, hits: [World Health Organization meets], misses: [Who was it?]}
        """,
    ),
    _page(
        "MM103",
        "A spelling that adds nothing",
        what="""An actor has a spelling that is found by another of its spellings, over the same words: one that differs
        by case, accents or dashes alone, or one that a `prefix*` takes in.""",
        why="""It will never be the one shown in an alert. It was probably meant to be a different spelling, or is left
        over.""",
        bad="""
        actors:
          shoygu: [Shoygu, Choïgou, Choigou]
        rules:
          minister: {actors: shoygu, hits: [Shoygu speaks], misses: [Rain]}
        """,
        good="""
        actors:
          shoygu: [Shoygu, Choïgou, Schoigu]
        rules:
          minister: {actors: shoygu, hits: [Shoygu speaks], misses: [Rain]}
        """,
    ),
    _page(
        "MM104",
        "A spelling of two actors",
        what="A spelling of one actor is found by a spelling of another one as well.",
        why="""A text that holds it counts for both: each rule about either of them will fire, and the alert may name
        the wrong one.""",
        bad="""
        actors:
          ashton: [Ash Carter, Secretary Carter]
          jimmy: [Jimmy Carter, Secretary Carter]
        rules:
          both: {actors: [ashton, jimmy], hits: [Ash Carter speaks], misses: [Rain]}
        """,
        good="""
        actors:
          ashton: [Ash Carter, Secretary Carter]
          jimmy: [Jimmy Carter, President Carter]
        rules:
          both: {actors: [ashton, jimmy], hits: [Ash Carter speaks], misses: [Rain]}
        """,
    ),
    _page(
        "MM105",
        "An actor that no rule names",
        what="No rule of any file names the actor.",
        why="Its spellings are not looked for. Either a rule was meant to name it, or it is left over.",
        bad="""
        actors:
          lavrov: [Lavrov, Лавров]
        rules:
          talks: {terms: [peace talks], hits: [Peace talks go on], misses: [Rain]}
        """,
        good="""
        actors:
          lavrov: [Lavrov, Лавров]
        rules:
          talks: {terms: [peace talks], actors: [lavrov], hits: [Lavrov at peace talks], misses: [Rain]}
        """,
    ),
    _page(
        "MM201",
        "A rule that can never fire",
        what="Every text that has what the rule asks for also has what `none` throws away.",
        why="The rule is silent for ever, and silence looks like no news.",
        bad="""
        rules:
          exercise: {terms: [military exercise, military drill], none: [military], misses: [Rain]}
        """,
        good="""
        rules:
          exercise: {terms: [military exercise, military drill], none: [military band], misses: [Rain]}
        """,
    ),
    _page(
        "MM202",
        "A term that adds nothing",
        what="""An item of a list is found only where another item of the same list is found too: a longer phrase beside
        a shorter one, a word beside its `prefix*`, an `exact` form beside the plain word. Of `all`, the wider one adds
        nothing. An item whose every text `none` throws away adds nothing either.""",
        why="It looks like a condition and is none: the rule says more than it does.",
        bad="""
        rules:
          talks: {terms: [talks, military talks], hits: [Talks go on], misses: [Rain]}
        """,
        good="""
        rules:
          talks: {terms: [peace talks, military talks], hits: [Peace talks go on], misses: [Rain]}
        """,
    ),
    _page(
        "MM203",
        "A rule without examples",
        what="The rule has neither `hits` nor `misses`.",
        why="""Examples are run at every start and reload: they are what notices that an edit, of this rule or of an
        actor in another file, has broken it.""",
        bad="""
        rules:
          earthquake: {terms: [earthquake*]}
        """,
        good="""
        rules:
          earthquake: {terms: [earthquake*], hits: [Earthquakes shake the coast], misses: [Earthshaking news]}
        """,
    ),
    _page(
        "MM204",
        "An expired rule",
        what="The day under `expires` has come.",
        why="The rule is silent from that day on. It is left over, or somebody still relies on it.",
        bad="""
        rules:
          summit: {terms: [summit meeting], expires: 2001-01-01, hits: [Summit meeting ends], misses: [Rain]}
        """,
        good="""
        rules:
          summit: {terms: [summit meeting], expires: 9999-01-01, hits: [Summit meeting ends], misses: [Rain]}
        """,
    ),
    _page(
        "MM205",
        "A source that matches no feed",
        what="A name under `sources` is neither the name nor a tag of a feed, nor the host that one is read from.",
        why="Under `only` it lets nothing through, under `never` it keeps nothing out: a typing error changes nothing.",
        bad="""
        feeds: {reuters-world: "https://www.reuters.com/rss"}
        rules:
          talks: {terms: [peace talks], sources: {never: [reuters-wrold]}, hits: [Peace talks go on], misses: [Rain]}
        """,
        good="""
        feeds: {reuters-world: "https://www.reuters.com/rss"}
        rules:
          talks: {terms: [peace talks], sources: {never: [reuters.com]}, hits: [Peace talks go on], misses: [Rain]}
        """,
    ),
    _page(
        "MM206",
        "A rule that is there already",
        what="Two rules match exactly the same texts, and take the same to fire.",
        why="Each story is told twice, or one of them was meant to say something else.",
        bad="""
        rules:
          quake: {terms: [earthquake*, séisme*], hits: [Earthquake], misses: [Rain]}
          tremor: {terms: [séisme*, earthquake*], hits: [Earthquake], misses: [Rain]}
        """,
        good="""
        rules:
          quake: {terms: [earthquake*, séisme*], hits: [Earthquake], misses: [Rain]}
          tremor: {terms: [tremor*], hits: [Tremors felt], misses: [Rain]}
        """,
    ),
    _page(
        "MM207",
        "A field that changes nothing",
        what="""An `in`, or a field of a query, names what is read anyway: all three fields, the fields that the `in`
        around it names, or one of them twice; or it names one that is not read here.""",
        why="It looks like a limit and is none: a narrower one was probably meant.",
        bad="""
        rules:
          talks: {terms: [peace talks], in: [title, summary, body], hits: [Peace talks go on], misses: [Rain]}
        """,
        good="""
        rules:
          talks: {terms: [peace talks], in: [title, summary], hits: [Peace talks go on], misses: [Rain]}
        """,
    ),
    _page(
        "MM208",
        "An actor's id as a word",
        what="""A term is spelt as the id of an actor, without `actor:` before it. It is found as that word alone; the
        other spellings of the actor, in other scripts too, are not looked for.""",
        why="""Where terms stand, an actor is written `actor:id`. Who writes the bare id mostly means the actor, and
        misses every text that has another of its names.""",
        bad="""
        actors:
          lavrov: [Lavrov, Лавров]
        rules:
          talks: {actors: [lavrov], hits: [Lavrov speaks], misses: [Rain]}
          syria: {all: [lavrov, Syria], hits: [Lavrov in Syria], misses: [Rain]}
        """,
        good="""
        actors:
          lavrov: [Lavrov, Лавров]
        rules:
          talks: {actors: [lavrov], hits: [Lavrov speaks], misses: [Rain]}
          syria: {all: ["actor:lavrov", Syria], hits: [Лавров in Syria], misses: [Rain]}
        """,
    ),
    _page(
        "MM209",
        "A search that is read as a phrase",
        what="""A term holds AND, OR, NOT or NEAR/n in capitals, a comma or a semicolon. Terms are words and phrases: it
        is found where just these words follow each other.""",
        why="No headline says so. It was meant as a boolean search, or as a list without its brackets.",
        bad="""
        rules:
          talks: {terms: military talks AND Syria, hits: [Military talks and Syria], misses: [Rain]}
        """,
        good="""
        rules:
          talks: {query: '"military talks" AND Syria', hits: [Syria before military talks], misses: [Rain]}
        """,
    ),
    _page(
        "MM210",
        "A sign that does not count",
        what="""A term begins with `#`, `@`, `$` or a dot. Terms are words: signs around them do not count, in the rule
        and in the text.""",
        why="""`.NET` also finds "net profit", and `#apple` the fruit. Whoever watches for a tag or a ticker gets
        everything that is spelt so without its sign.""",
        bad="""
        rules:
          ticker: {terms: [$META], hits: [$META falls], misses: [Rain]}
        """,
        good="""
        rules:
          ticker: {exact: [$META], hits: [$META falls], misses: [A meta study]}
        """,
    ),
    _page(
        "MM211",
        "A hyphen between letters and digits",
        what="""A term such as `F-16`, `MiG-29` or `COVID-19` is two words, between which a text may have a hyphen, a
        blank or a dash. With nothing between them, `F16` is one word, which the term does not find; nor does `F16`
        find `F-16`.""",
        why="Headlines write either form, and nothing shows what is missed.",
        bad="""
        rules:
          jets: {terms: [F-16], hits: [An F-16 takes off], misses: [Rain]}
        """,
        good="""
        rules:
          jets: {terms: [F-16, F16], hits: [F16 crashes, An F-16 takes off], misses: [Rain]}
        """,
    ),
    _page(
        "MM301",
        "A file that is passed over",
        what="""A file lies where `include` looks, and is not read: its name ends in another suffix of YAML files than
        the pattern asks for, or it is a link to nothing.""",
        why="Whoever put it there believes that its rules are at work.",
        bad="""
        include: [rules/*.yaml]   # there are rules/desk.yaml and rules/north.yml
        """,
        good="""
        include: [rules/*.yaml, rules/*.yml]   # there are rules/desk.yaml and rules/north.yml
        """,
    ),
    _page(
        "MM302",
        "No feeds",
        what="No file names a feed: nothing is read.",
        why="A program that reads nothing finds nothing, and looks healthy all the while.",
        bad="""
        rules:
          quake: {terms: [earthquake], hits: [Earthquake in the north], misses: [Rain]}
        """,
        good="""
        feeds:
          un-news: https://news.un.org/feed/subscribe/en/news/all/rss.xml
        rules:
          quake: {terms: [earthquake], hits: [Earthquake in the north], misses: [Rain]}
        """,
    ),
    _page(
        "MM303",
        "No rules",
        what="No file has a rule: whatever comes, nothing is found.",
        why="Often `include` is missing, or names another folder than the one where the rules are.",
        bad="""
        feeds:
          un-news: https://news.un.org/feed/subscribe/en/news/all/rss.xml
        """,
        good="""
        feeds:
          un-news: https://news.un.org/feed/subscribe/en/news/all/rss.xml
        rules:
          quake: {terms: [earthquake], hits: [Earthquake in the north], misses: [Rain]}
        """,
    ),
    _page(
        "MM304",
        "A console with other names, and no login",
        what="""`hosts` says by which names browsers call the console, so a proxy is in front of it, and there is no
        `auth`. Whoever the proxy lets through may read everything, mute, release and send again.""",
        why="""Without `auth` the console trusts who can reach it, which is meant for this machine alone. Where the
        proxy asks everybody who he is, say so: `auth: {proxy: …}` notes acts under his name, too.""",
        bad="""
        console:
          hosts: monitor.example.org
        """,
        good="""
        console:
          hosts: monitor.example.org
          auth: {proxy: {header: X-Forwarded-User, from: 10.0.0.5}}
        """,
    ),
)

PAGES = {page.code: page for page in _ALL}
"""The pages by code."""
