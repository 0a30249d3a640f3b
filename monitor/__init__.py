"""Media Monitor: one clear alert about each story that matters."""

__version__ = "0.1.0"
