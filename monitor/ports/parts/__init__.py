"""The parts of the door to all state, one a subject; `monitor.ports.store` puts them together."""
