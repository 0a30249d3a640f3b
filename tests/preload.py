"""What the fork server of `tests.forks` has imported before its first child: all that a command may import."""

import gc
import importlib
import pkgutil

import monitor
from bench import _crash_node  # noqa: F401 - what its children run
from monitor.testing.parser import FakeParser  # noqa: F401
from tests.app import mortal  # noqa: F401

for found in pkgutil.walk_packages(monitor.__path__, "monitor."):
    if ".migrations" not in found.name and not found.name.endswith("__main__"):
        importlib.import_module(found.name)
gc.collect()
gc.freeze()  # a child need not look through what it was born with
