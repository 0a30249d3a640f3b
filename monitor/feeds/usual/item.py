"""The elements of an item, and the table of them."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.feeds.usual.attributes import address, language_tag, leads_to_page, link_target, markup, says_html
from monitor.feeds.usual.head import begin_leaf, begin_mute, begin_person
from monitor.feeds.usual.names import Role
from monitor.feeds.usual.raw import RawItem
from monitor.feeds.usual.reading import Begin, Place, Reading, Table
from monitor.feeds.usual.texts import UnusualError, author_name, mended, without_references

_MOST_TAGS = 100  # of an item; `repeats` thins out more of them


def _title(reading: Reading, attributes: Mapping[str, str]) -> Place:
    if reading.raw.title is not None:
        raise UnusualError
    reading.is_html = says_html(attributes, html=False)
    reading.raw.language = language_tag(reading.language)
    return reading.capture(_end_title)


def _end_title(reading: Reading, text: str) -> None:
    reading.raw.title = markup(reading, text)


def _other_title(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    title = reading.raw.title
    if title is None or not title.text or reading.raw.reset:
        raise UnusualError  # it would be the item's
    return Place.LEAF


def _link(reading: Reading, attributes: Mapping[str, str]) -> Place:
    rel, href = link_target(reading, attributes)
    if href is None:
        return reading.capture(_end_alternate if rel == "alternate" else _end_link)
    if rel == "alternate":
        reading.raw.alternate = reading.raw.alternate or href
    if leads_to_page(rel, attributes):
        reading.raw.link = href
    return Place.LEAF


def _end_link(reading: Reading, text: str) -> None:
    reading.raw.link = without_references(address(reading, text).replace("&amp;", "&"))


def _end_alternate(reading: Reading, text: str) -> None:
    _end_link(reading, text)
    reading.raw.alternate = reading.raw.alternate or reading.raw.link or ""


def _guid(reading: Reading, attributes: Mapping[str, str]) -> Place:
    if reading.raw.named:
        raise UnusualError
    reading.is_permalink = attributes.get("ispermalink", "true") == "true"
    return reading.capture(_end_guid)


def _end_guid(reading: Reading, text: str) -> None:
    raw = reading.raw
    raw.named, raw.guid = True, address(reading, text) if reading.is_permalink else mended(text)
    if reading.is_permalink and raw.link is None:
        raw.link = raw.guid


def _description(reading: Reading, attributes: Mapping[str, str], *, html: bool = True) -> Place:
    raw = reading.raw
    if raw.summary is not None:
        if raw.has_content:
            raise UnusualError
        return _content(reading, attributes)
    reading.is_html = says_html(attributes, html=html)
    return reading.capture(_end_summary)


def _summary(reading: Reading, attributes: Mapping[str, str]) -> Place:
    return _description(reading, attributes, html=False)


def _end_summary(reading: Reading, text: str) -> None:
    reading.raw.summary = markup(reading, text)


def _content(reading: Reading, attributes: Mapping[str, str], *, html: bool = False) -> Place:
    reading.is_html = says_html(attributes, html=html)
    return reading.capture(_end_content)


def _full_content(reading: Reading, attributes: Mapping[str, str]) -> Place:
    return _content(reading, attributes, html=True)


def _end_content(reading: Reading, text: str) -> None:
    content = markup(reading, text)
    reading.raw.has_content = True
    reading.raw.contents.append(content)
    if reading.raw.copied is None:
        reading.raw.copied = content.text


def _author(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    reading.person = None
    reading.capture(_end_author)
    return Place.AUTHOR


def _end_author(reading: Reading, text: str) -> None:
    raw = reading.raw
    if reading.person is None:
        raw.authors.append(author_name(mended(text)))
        raw.author_written = True
    elif raw.author_written or (raw.authors and not reading.person):
        raise UnusualError  # feedparser gives one of them the name of the other
    else:
        raw.authors.append(reading.person)


def _name(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    return reading.capture(_end_name)


def _end_name(reading: Reading, text: str) -> None:
    reading.person = text


def _address_of_author(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    reading.person = reading.person or ""
    return Place.LEAF


def _more_of_author(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    if reading.person is None:
        raise UnusualError  # its text would be a part of the author's
    return Place.MUTE


def _category(reading: Reading, attributes: Mapping[str, str]) -> Place:
    tag = [attributes.get("term"), attributes.get("scheme", attributes.get("domain")), attributes.get("label")]
    _add_tag(reading.raw, tag)
    return reading.capture(_end_category)


def _end_category(reading: Reading, text: str) -> None:
    tags, text = reading.raw.tags, mended(text)
    if not text:
        return
    if tags and not tags[-1][0]:
        tags[-1][0] = text
    else:
        _add_tag(reading.raw, [text, None, None])


def _add_tag(raw: RawItem, tag: list[str | None]) -> None:
    if any(tag) and tag not in raw.tags:
        raw.tags.append(tag)
    if len(raw.tags) > _MOST_TAGS:
        raise UnusualError


def _media_category(reading: Reading, attributes: Mapping[str, str]) -> Place:
    return _category(reading, {"scheme": "http://search.yahoo.com/mrss/category_schema"} | dict(attributes))


def _source(reading: Reading, _attributes: Mapping[str, str]) -> Place:
    reading.raw.reset = True
    return Place.LEAF


def _media(_reading: Reading, _attributes: Mapping[str, str]) -> Place:
    return Place.MEDIA


def _dated(role: Role) -> Begin:
    def close(reading: Reading, text: str) -> None:
        reading.raw.dates[role] = mended(text)

    def begin(reading: Reading, _attributes: Mapping[str, str]) -> Place:
        return reading.capture(close)

    return begin


OF_ITEM: Table = {
    Place.ITEM: {
        Role.TITLE: _title,
        Role.OTHER_TITLE: _other_title,
        Role.LINK: _link,
        Role.GUID: _guid,
        Role.DESCRIPTION: _description,
        Role.SUMMARY: _summary,
        Role.CONTENT: _content,
        Role.FULL_CONTENT: _full_content,
        Role.AUTHOR: _author,
        Role.CONTRIBUTOR: begin_person,
        Role.CATEGORY: _category,
        Role.MEDIA_CATEGORY: _media_category,
        **{role: _dated(role) for role in (Role.PUBLISHED, Role.UPDATED, Role.CREATED)},
        Role.SOURCE: _source,
        Role.IMAGE: _source,
        Role.MEDIA: _media,
        Role.LANGUAGE: begin_leaf,
        Role.NOTHING: begin_leaf,
        Role.NOTHING_AT_ALL: begin_mute,
    },
    Place.MEDIA: {
        Role.OTHER_TITLE: _other_title,
        Role.DESCRIPTION: _description,
        Role.MEDIA_CATEGORY: _media_category,
        Role.MEDIA: _media,
        Role.NOTHING_AT_ALL: begin_mute,
    },
    Place.AUTHOR: {
        Role.NAME: _name,
        Role.URL: _address_of_author,
        Role.ADDRESS: _address_of_author,
        Role.NOTHING_AT_ALL: _more_of_author,
    },
}
