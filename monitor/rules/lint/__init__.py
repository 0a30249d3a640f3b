"""Lint: what is allowed in a rules file, and still not what anybody means.

`pages` says what each code is about. `terms`, `actors` and `rules` look for them; they ask `cover` which term finds
what another finds, and `written` where something stands in a file and whether its line asks for silence.
"""
