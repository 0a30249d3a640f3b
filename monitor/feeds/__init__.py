"""Feeds: fetch a page, make entries of it, say which entry is which.

The doors are `monitor.feeds.fetch.HttpFetcher` and `monitor.feeds.parser.ChildParser`. What parses lies behind
`monitor.feeds.parse.parse_page`, and needs nothing of what fetches.

    page -> split.plan_parse -> parser.ChildParser ==> child -> parse.parse_page -> xmlfeed, jsonfeed, sitemap -> items
            what is new         this process           another one
         -> small.parse_small -> usual -> items, where what is new is small and nothing about it is unusual
"""
