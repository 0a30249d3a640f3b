"""Feeds: fetch a page, make entries of it, say which entry is which.

The doors are `monitor.feeds.fetch.HttpFetcher` and `monitor.feeds.parse.parse_page`; a process that only parses need
not load what fetches.
"""
