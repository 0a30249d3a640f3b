"""The configuration: what `monitor.yaml` and the files it includes say, checked, with every mistake in its place."""
