"""The ground: what text is, in any script."""
