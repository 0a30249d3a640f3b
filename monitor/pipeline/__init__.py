"""The way of one entry: `poll` brings it from its feed into the store, `deliver` brings its message to a channel.

All awaits live here. Between two steps of the way nothing is held but a lease: a poll that dies leaves a lease that
runs out; a delivery that dies is in doubt and is looked up.

    claim -> fetch -> parse -> recall -> decide -> record ==> claim -> (look up) -> send -> settle
"""

from monitor.pipeline.deliver import SEND_LEASE, deliver, write_ends
from monitor.pipeline.doors import Doors, Ended, Live
from monitor.pipeline.poll import POLL_LEASE, poll, take_push

__all__ = [
    "POLL_LEASE",
    "SEND_LEASE",
    "Doors",
    "Ended",
    "Live",
    "deliver",
    "poll",
    "take_push",
    "write_ends",
]
