"""The elements of a feed itself."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.feeds.usual.attributes import address, language_tag, leads_to_page, link_target, says_html
from monitor.feeds.usual.names import ATOM, RSS_1, Role
from monitor.feeds.usual.raw import RawItem
from monitor.feeds.usual.reading import Place, Reading, Table
from monitor.feeds.usual.texts import UnusualError, mended, without_references


def begin_leaf(_reading: Reading, _attributes: Mapping[str, str]) -> Place:
    """Pass by an element that says nothing here."""
    return Place.LEAF


def begin_mute(_reading: Reading, _attributes: Mapping[str, str]) -> Place:
    """Pass by an element, and by those in it."""
    return Place.MUTE


def _rss(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    reading.version, reading.feed_language = "rss", language_tag(reading.language)
    return Place.RSS


def _rdf(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    addresses = {address.lower() for address in reading.spaces.values()}
    if RSS_1 not in addresses or ATOM in addresses:
        raise UnusualError
    reading.version = "rss10"
    return Place.RDF


def _feed(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    if reading.spaces.get("", "").lower() != ATOM:
        raise UnusualError
    reading.version, reading.feed_language = "atom10", language_tag(reading.language)
    return Place.HEAD


def _channel(_reading: Reading, attributes: Mapping[str, str]) -> Place:
    if "href" in attributes or "lastmod" in attributes:
        raise UnusualError
    return Place.HEAD


def _item(reading: Reading, attributes: Mapping[str, str]) -> Place:
    _channel(reading, attributes)
    reading.raw = RawItem(guid=attributes.get("rdf:about", ""), has_content=reading.summaries_of_feed)
    reading.summaries_of_feed = False
    reading.raws.append(reading.raw)
    return Place.ITEM


def _picture(_reading: Reading, _attributes: Mapping[str, str]) -> Place:
    return Place.PICTURE


def _form(_reading: Reading, _attributes: Mapping[str, str]) -> Place:
    return Place.FORM


def begin_person(_reading: Reading, _attributes: Mapping[str, str]) -> Place:
    """Pass by a person who is not an author."""
    return Place.PERSON


def _title(reading: Reading, attributes: Mapping[str, str]) -> Place:
    if reading.feed_title is not None:
        raise UnusualError
    says_html(attributes, html=False)
    return reading.capture(_end_feed_title)


def _end_feed_title(reading: Reading, text: str) -> None:
    reading.feed_title = mended(text)


def _link(reading: Reading, attributes: Mapping[str, str]) -> Place:
    rel, href = link_target(reading, attributes)
    if href is None:
        reading.links.append((rel, ""))
        return reading.capture(_end_feed_link)
    reading.links.append((rel, href))
    if leads_to_page(rel, attributes):
        reading.site = href
    return Place.LEAF


def _end_feed_link(reading: Reading, text: str) -> None:
    reading.site = without_references(address(reading, text))
    reading.links[-1] = (reading.links[-1][0], reading.site)


def _id(reading: Reading, attributes: Mapping[str, str]) -> Place:
    reading.is_permalink = attributes.get("ispermalink", "true") == "true"
    return reading.capture(_end_feed_id)


def _end_feed_id(reading: Reading, text: str) -> None:
    if reading.is_permalink and reading.site is None:
        reading.site = address(reading, text)


def _language(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    return reading.capture(_end_feed_language)


def _end_feed_language(reading: Reading, text: str) -> None:
    reading.feed_language = mended(text)


def _description(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    # feedparser takes it for a content behind a summary, and then the next item as one that has a content
    reading.summaries_of_feed |= reading.has_summary
    return Place.LEAF


def _summary(reading: Reading, attributes: Mapping[str, str]) -> Place:
    place = _description(reading, attributes)
    reading.has_summary = True
    return place


OF_FEED: Table = {
    Place.DOCUMENT: {Role.RSS: _rss, Role.RDF: _rdf, Role.FEED: _feed},
    Place.RSS: {Role.CHANNEL: _channel, Role.NOTHING_AT_ALL: begin_mute},
    Place.RDF: {
        Role.CHANNEL: _channel,
        Role.ITEM: _item,
        Role.IMAGE: _picture,
        Role.FORM: _form,
    },
    Place.HEAD: {
        Role.ITEM: _item,
        Role.TITLE: _title,
        Role.LINK: _link,
        Role.GUID: _id,
        Role.LANGUAGE: _language,
        Role.IMAGE: _picture,
        Role.FORM: _form,
        **dict.fromkeys((Role.AUTHOR, Role.CONTRIBUTOR, Role.OWNER), begin_person),
        Role.DESCRIPTION: _description,
        Role.SUMMARY: _summary,
        **dict.fromkeys((Role.CATEGORY, Role.NOTHING), begin_leaf),
        **dict.fromkeys((Role.PUBLISHED, Role.UPDATED, Role.CREATED), begin_leaf),
        **dict.fromkeys((Role.NOTHING_AT_ALL, Role.PODCAST_CATEGORY), begin_mute),
    },
    Place.PICTURE: dict.fromkeys((Role.TITLE, Role.LINK, Role.URL, Role.SIZE, Role.DESCRIPTION), begin_leaf),
    Place.FORM: dict.fromkeys((Role.TITLE, Role.LINK, Role.NAME, Role.DESCRIPTION), begin_leaf),
    Place.PERSON: {
        **dict.fromkeys((Role.NAME, Role.URL, Role.ADDRESS), begin_leaf),
        Role.NOTHING_AT_ALL: begin_mute,
    },
    Place.MUTE: {Role.NOTHING: begin_leaf, Role.NOTHING_AT_ALL: begin_mute, Role.PODCAST_CATEGORY: begin_mute},
    Place.LEAF: {},
}
