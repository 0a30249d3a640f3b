"""Benchmarks: each against a peer, in one run, as a ratio. `python -m bench` lists them."""
