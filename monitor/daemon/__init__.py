"""The daemon: what it works with, the work under way, the ticks that start it, reload and shutdown."""

from monitor.daemon.daemon import Daemon

__all__ = ["Daemon"]
