"""Lint: what is allowed in a rules file, and still not what anybody means.

`pages` says what each code is about. `terms`, `actors` and `rules` look for them; they ask `monitor.rules.cover` which
term finds what another finds, and `monitor.rules.written` where it stands and whether its line asks for silence.
"""
