"""Put the pages of the reference together."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from monitor.config.console import ConsoleShape, LoginShape, ProxyShape
from monitor.config.heartbeat import CanarySettings, HeartbeatSettings
from monitor.config.load import MAIN_KEYS
from monitor.config.models import (
    AuthSettings,
    BreakerShape,
    DefaultSettings,
    FeedSettings,
    OpsSettings,
    PollSettings,
    RetentionSettings,
    TopSettings,
    WebSettings,
)
from monitor.config.policies import MaintenanceSettings, RouteSettings, WhenSettings
from monitor.document import known_keys
from monitor.document.meaning import read_meanings
from monitor.notify.channel import ChannelType
from monitor.notify.channels import GROUP
from monitor.notify.policy import ChannelSettings
from monitor.notify.slack_settings import BroadcastAt
from monitor.notify.smtp import SmtpSettings
from monitor.reference.api import write_api
from monitor.reference.commands import write_commands
from monitor.reference.tables import Tables
from monitor.rules.lint.pages import PAGES
from monitor.rules.models import (
    ActorShape,
    DedupShape,
    ExampleShape,
    GroupShape,
    NearShape,
    RuleDefaults,
    RuleShape,
    SourcesShape,
)
from monitor.rules.thresholds import AbsentShape, AtLeastShape, NewShape, SpikeShape

NOTE = "% Made by `python -m monitor.reference`; change the models and commands, not this page.\n"

# sections of the main file that are models of their own: what holds without them, and what they say
SECTIONS = {
    "defaults": ("as its keys say", "What holds wherever a rule or feed says nothing else."),
    "channels": ("at least one", "Where it is told, by name: [channels](channels.md)."),
    "routes": ("none", "Which alerts go where, beyond what rules say; the first that fits."),
    "maintenance": ("none", "Times in which nobody is told."),
    "smtp": ("none", "The server that takes mail."),
    "feeds": ("none", "What is watched, by name: a URL, or a mapping."),
    "rules": ("none", "What matters, by id: [rules](rules.md)."),
    "actors": ("none", "Names and their spellings, by id: [actors](rules.md#an-actor)."),
    "retention": ("as its keys say", "How long what is stored is kept."),
    "ops": ("none", "What this program has to say about itself."),
    "heartbeat": ("none", "How others see that this program works."),
    "web": ("nothing listens", "What others may reach of this program."),
    "console": ("on this machine alone", "The pages for those who run this program; `false` = none."),
}
CONFIGURATION = (
    ("defaults", DefaultSettings),
    ("poll", PollSettings),
    ("routes", RouteSettings),
    ("when", WhenSettings),
    ("maintenance", MaintenanceSettings),
    ("breaker", BreakerShape),
    ("smtp", SmtpSettings),
    ("web", WebSettings),
    ("retention", RetentionSettings),
    ("ops", OpsSettings),
    ("heartbeat", HeartbeatSettings),
    ("canary", CanarySettings),
    ("feeds", FeedSettings),
    ("auth of a feed", AuthSettings),
    ("console", ConsoleShape),
    ("auth of the console", LoginShape),
    ("proxy", ProxyShape),
)
RULES = (
    ("Conditions", GroupShape),
    ("A rule besides", RuleShape),
    ("near", NearShape),
    ("sources", SourcesShape),
    ("dedup", DedupShape),
    ("at_least", AtLeastShape),
    ("absent", AbsentShape),
    ("spike", SpikeShape),
    ("new", NewShape),
    ("An example", ExampleShape),
    ("An actor", ActorShape),
)


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


_LINKS = {
    **{model.__name__: f"configuration.md#{_anchor(title)}" for title, model in CONFIGURATION},
    **{model.__name__: f"rules.md#{_anchor(title)}" for title, model in RULES},
    BroadcastAt.__name__: "channels.md#broadcast_at",
}


def build_pages() -> dict[str, str]:
    """Return the pages by file name."""
    tables = Tables(_LINKS)
    return {
        "configuration.md": _configuration(tables),
        "channels.md": _channels(tables),
        "rules.md": _rules(tables),
        "commands.md": NOTE + "\n# Commands\n\n" + _EXIT_CODES + write_commands() + "\n",
        "warnings.md": _warnings(),
        "api.md": NOTE + "\n# API\n\n" + _API + write_api() + "\n",
    }


_EXIT_CODES = """Exit codes: 0 all is well; 1 something was found (a mistake, a failing example, no match, a message
still owed); 2 the command line or the configuration cannot be used. `monitor COMMAND --help` shows the same.

"""


_API = """What the [console](../console.md) shows and does, for programs: JSON over HTTP at its address.
`/api/v1/openapi.json` describes it for tools (OpenAPI 3.1), with every answer. A mistake is said as RFC 9457 has it.

"""


def _configuration(tables: Tables) -> str:
    top = read_meanings(TopSettings)
    defaults = {"include": "none", "allow": "none", "allow_files": "none", "contact": "none"}
    defaults |= {"store": f"`{TopSettings().store}`", "breaker": "`{alerts: 20, factor: 10}`"}
    said = SECTIONS | {key: (defaults[key], meaning.text + f" E.g. {meaning.example}.") for key, meaning in top.items()}
    main = tables.sections({key: said[key] for key in sorted(MAIN_KEYS)})
    sections = (f"## {title}\n\n{tables.keys(model)}\n" for title, model in CONFIGURATION)
    intro = "Every key of `monitor.yaml`. How they work together stands in the [guide](../configuration.md)."
    return f"{NOTE}\n# Configuration keys\n\n{intro}\n\n## The main file\n\n{main}\n\n" + "\n".join(sections)


def _channels(tables: Tables) -> str:
    intro = "How they work stands in the [guide](../channels.md), what they promise in [guarantees](../guarantees.md)."
    parts = [
        f"{NOTE}\n# Kinds of channels\n\n{intro}\n",
        f"## every channel\n\nWhat a channel of any kind may say.\n\n{tables.keys(ChannelSettings)}\n",
    ]
    for kind in channel_kinds():
        shared = known_keys(ChannelSettings)
        note = (kind.settings.__doc__ or "").strip()
        needs = " It needs [`smtp`](configuration.md#smtp)." if kind.needs_smtp else ""
        promise = f"After a crash or a lost answer: {getattr(kind.open, 'guarantee', 'see its package')}."
        parts.append(f"## {kind.name}\n\n{note}{needs}\n\n{promise}\n\n{tables.keys(kind.settings, without=shared)}\n")
    parts.append(f"## broadcast_at\n\n{tables.keys(BroadcastAt)}\n")
    return "\n".join(parts)


def channel_kinds() -> list[ChannelType[Any]]:
    """Return the kinds of channels that come with the house, by name."""
    own = (point for point in entry_points(group=GROUP) if point.value.startswith("monitor."))
    return [point.load() for point in sorted(own, key=lambda point: point.name)]


def _rules(tables: Tables) -> str:
    intro = (
        "Every key of rules, actors and examples. A rule may also be one term or a list of terms, an actor a list of "
        "spellings. What words mean stands in the [guide](../rules.md)."
    )
    conditions = known_keys(GroupShape)
    sections = (
        f"## {title}\n\n{tables.keys(model, without=() if model is GroupShape else conditions)}\n"
        for title, model in RULES
    )
    file = ", ".join(f"`{key}`" for key in known_keys(RuleDefaults))
    closing = f"## defaults of a rules file\n\nThe `defaults` of an included file may set {file} for its rules.\n"
    return f"{NOTE}\n# Rule keys\n\n{intro}\n\n" + "\n".join((*sections, closing))


def _warnings() -> str:
    intro = (
        "What `monitor check` warns of: allowed, and hardly meant. The comment `# monitor: ignore MM101` in the line "
        "silences one. `monitor explain MM101` shows the same on a terminal."
    )
    pages = (
        f"## {page.code}: {page.title}\n\n{page.what}\n\n{page.why}\n\nThis is warned of:\n\n"
        f"```yaml\n{page.bad}\n```\n\nThis is not:\n\n```yaml\n{page.good}\n```\n"
        for page in PAGES.values()
    )
    return f"{NOTE}\n# Warnings\n\n{intro}\n\n" + "\n".join(pages)
