"""The doors of the house: what the pipeline asks of the world outside, in its own words.

`monitor.testing` has a fake for each of them.
"""

from monitor.ports.doors import ArticleFetcher, Clock, Fetcher, Hear, HubClient, Listener, Notifier, Parser, Pinger
from monitor.ports.reading import OwedMessage, Reader, ToldFilter, ToldPlace, ToldStory
from monitor.ports.records import (
    Activity,
    AlertRecord,
    Cursor,
    DeadLetter,
    DeadReport,
    DeliveryRecord,
    EntryRecord,
    FeedFindings,
    FeedReport,
    HitRecord,
    NodeReport,
    OwedReport,
    Pruned,
    PrunePlace,
    RuleStats,
    Sighting,
    StateReport,
    StatusReport,
    Waiting,
)
from monitor.ports.store import Store

__all__ = [
    "Activity",
    "AlertRecord",
    "ArticleFetcher",
    "Clock",
    "Cursor",
    "DeadLetter",
    "DeadReport",
    "DeliveryRecord",
    "EntryRecord",
    "FeedFindings",
    "FeedReport",
    "Fetcher",
    "Hear",
    "HitRecord",
    "HubClient",
    "Listener",
    "NodeReport",
    "Notifier",
    "OwedMessage",
    "OwedReport",
    "Parser",
    "Pinger",
    "PrunePlace",
    "Pruned",
    "Reader",
    "RuleStats",
    "Sighting",
    "StateReport",
    "StatusReport",
    "Store",
    "ToldFilter",
    "ToldPlace",
    "ToldStory",
    "Waiting",
]
