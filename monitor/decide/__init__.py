"""The policies: what is fresh, what is news, which story, which channel, when next.

Pure: no clock, no network, no database. Given what was, what came and what time it is, each function returns what
shall be, with the reason.
"""
