"""What an element is for, by its namespace and name, as feedparser understands them: the table of the usual ones."""

from __future__ import annotations

from enum import Enum, auto


class Role(Enum):
    """What an element is for."""

    RSS = auto()
    RDF = auto()
    FEED = auto()
    CHANNEL = auto()
    ITEM = auto()
    TITLE = auto()
    OTHER_TITLE = auto()  # of a picture, mostly
    LINK = auto()
    GUID = auto()
    DESCRIPTION = auto()
    SUMMARY = auto()
    CONTENT = auto()
    FULL_CONTENT = auto()  # content:encoded
    AUTHOR = auto()
    CONTRIBUTOR = auto()
    OWNER = auto()
    NAME = auto()  # of a person
    URL = auto()  # of a person or a picture
    ADDRESS = auto()  # of a person
    CATEGORY = auto()
    MEDIA_CATEGORY = auto()
    PODCAST_CATEGORY = auto()
    PUBLISHED = auto()
    UPDATED = auto()
    CREATED = auto()
    LANGUAGE = auto()
    SOURCE = auto()
    IMAGE = auto()
    SIZE = auto()  # of a picture
    FORM = auto()  # textInput
    MEDIA = auto()  # holds what is told of a picture or film
    NOTHING = auto()  # nothing that is read here, without elements in it
    NOTHING_AT_ALL = auto()  # nor with elements in it
    UNUSUAL = auto()


ATOM = "http://www.w3.org/2005/atom"
RSS_1 = "http://purl.org/rss/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_MUTE = "-"

# Namespaces by their address in lower case: "" is that of the feed itself, _MUTE one whose elements say nothing here.
SPACES = {
    "": "",
    ATOM: "",
    RSS_1: "",
    RDF: "rdf",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://search.yahoo.com/mrss/": "media",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://purl.org/rss/1.0/modules/slash/": _MUTE,
    "http://purl.org/rss/1.0/modules/syndication/": _MUTE,
    "http://purl.org/rss/1.0/modules/threading/": _MUTE,
    "http://purl.org/rss/1.0/modules/taxonomy/": _MUTE,
    "http://purl.org/syndication/thread/1.0": _MUTE,
    "http://wellformedweb.org/commentapi/": _MUTE,
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.georss.org/georss": _MUTE,
    "http://www.opengis.net/gml": _MUTE,
    "http://www.w3.org/2003/01/geo/wgs84_pos#": _MUTE,
    "http://webns.net/mvcb/": _MUTE,
    "http://web.resource.org/cc/": _MUTE,
    "http://backend.userland.com/creativecommonsrssmodule": _MUTE,
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": _MUTE,
    "http://backend.userland.com/blogchannelmodule": _MUTE,
    "http://madskills.com/public/xml/rss/module/trackback/": _MUTE,
    "http://madskills.com/public/xml/rss/module/pingback/": _MUTE,
    "http://www.w3.org/1999/xlink": _MUTE,
    "http://www.w3.org/2000/01/rdf-schema#": _MUTE,
    "http://prismstandard.org/namespaces/1.2/basic/": _MUTE,
    "http://xmlns.com/foaf/0.1/": _MUTE,
    "http://www.w3.org/xml/1998/namespace": _MUTE,
}
# An unknown namespace is mute, unless its prefix means something to feedparser all the same, or what it is is an old
# name of a known one.
MEANT_PREFIXES = frozenset(
    (
        *("", "admin", "cc", "content", "creativecommons", "dc", "dcterms", "feedburner", "georss", "gml", "itunes"),
        *("media", "psc", "rdf", "xhtml", "xml"),
    )
)
OLD_SPACES = (
    *("userland.com/rss", "law.harvard.edu/tech/rss", "netscape.com/rdf", "example.com/", "purl.org/echo/"),
    *("echo/namespace", "purl.org/pie/", "purl.org/atom/", "modules/rss091", "creativecommons", "podlove.org"),
)

# names that feedparser has a use for, or takes for another's
_TAKEN = (
    *("tagline", "newlocation", "abstract", "info", "body", "fullitem", "tags", "date", "date_parsed", "links"),
    *("authors", "entries", "enclosures", "license", "copyright_detail", "title_detail", "summary_detail"),
    *("subtitle_detail", "description_detail", "tagline_detail", "updated_parsed", "published_parsed"),
    *("created_parsed", "modified_parsed", "issued_parsed", "rights_detail"),
)

_ROLES = {
    "": {
        "rss": Role.RSS,
        "feed": Role.FEED,
        "channel": Role.CHANNEL,
        "item": Role.ITEM,
        "entry": Role.ITEM,
        "title": Role.TITLE,
        "link": Role.LINK,
        "guid": Role.GUID,
        "id": Role.GUID,
        "description": Role.DESCRIPTION,
        "summary": Role.SUMMARY,
        "content": Role.CONTENT,
        "author": Role.AUTHOR,
        "managingeditor": Role.AUTHOR,
        "contributor": Role.CONTRIBUTOR,
        "name": Role.NAME,
        "uri": Role.ADDRESS,
        "url": Role.URL,
        "email": Role.ADDRESS,
        "homepage": Role.ADDRESS,
        "width": Role.SIZE,
        "height": Role.SIZE,
        "category": Role.CATEGORY,
        "published": Role.PUBLISHED,
        "issued": Role.PUBLISHED,
        "pubdate": Role.PUBLISHED,
        "updated": Role.UPDATED,
        "modified": Role.UPDATED,
        "lastbuilddate": Role.UPDATED,
        "created": Role.CREATED,
        "language": Role.LANGUAGE,
        "source": Role.SOURCE,
        "image": Role.IMAGE,
        "textinput": Role.FORM,
        "items": Role.NOTHING_AT_ALL,
        "skiphours": Role.NOTHING_AT_ALL,
        "skipdays": Role.NOTHING_AT_ALL,
        **dict.fromkeys(_TAKEN, Role.UNUSUAL),
    },
    "rdf": {"rdf": Role.RDF},
    "dc": {
        "title": Role.OTHER_TITLE,
        "creator": Role.AUTHOR,
        "author": Role.AUTHOR,
        "subject": Role.CATEGORY,
        "date": Role.UPDATED,
        "description": Role.DESCRIPTION,
        "language": Role.LANGUAGE,
    },
    "dcterms": {"issued": Role.PUBLISHED, "modified": Role.UPDATED, "created": Role.CREATED},
    "content": {"encoded": Role.FULL_CONTENT},
    "media": {
        "title": Role.OTHER_TITLE,
        "description": Role.DESCRIPTION,
        "category": Role.MEDIA_CATEGORY,
        "group": Role.MEDIA,
        "content": Role.MEDIA,
    },
    "itunes": {
        "author": Role.AUTHOR,
        "summary": Role.SUMMARY,
        "owner": Role.OWNER,
        "name": Role.NAME,
        "email": Role.ADDRESS,
        "category": Role.PODCAST_CATEGORY,
    },
}
_OTHERS = {  # of these namespaces
    "": Role.NOTHING,
    "rdf": Role.NOTHING_AT_ALL,
    "dc": Role.NOTHING,
    "dcterms": Role.NOTHING,
    "content": Role.NOTHING_AT_ALL,
    "media": Role.NOTHING_AT_ALL,
    "itunes": Role.NOTHING,
    "feedburner": Role.NOTHING,
    _MUTE: Role.NOTHING_AT_ALL,
}


def role_of(space: str, name: str) -> Role:
    """Return what the element of a namespace, by its address, is for."""
    space, name = SPACES.get(space.lower(), _MUTE), name.lower()
    if name in ("svg", "math"):
        return Role.UNUSUAL
    found = _ROLES.get(space, {}).get(name)
    return found or _OTHERS.get(space, Role.UNUSUAL)


def is_usual_space(prefix: str, address: str) -> bool:
    """Say whether feedparser has no own idea of a namespace, beyond the known ones."""
    address = address.lower()
    known = SPACES.get(address)
    if known is None:
        return prefix.lower() not in MEANT_PREFIXES and not any(old in address for old in OLD_SPACES)
    return bool(prefix) or known == ""
