"""Look whether all that a configuration needs is there and works; nothing is changed, and nothing is sent."""
