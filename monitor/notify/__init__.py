"""Bring messages to people: one file a destination, all found through the entry points `media_monitor.notifiers`."""
