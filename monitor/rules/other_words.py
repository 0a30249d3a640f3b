"""What those write who know other tools, and the keys of ours that they are likely to mean."""

OTHER_WORDS = {
    key: ours
    for ours, keys in {
        "terms": ("keywords", "keyword", "words", "word", "phrases", "phrase", "match", "include", "search"),
        "all": ("and", "must", "required", "require"),
        "any": ("or", "should"),
        "none": ("not", "exclude", "excludes", "except", "without", "ignore", "must_not", "stopwords"),
        "actors": ("names", "people", "persons", "person", "who"),
        "re": ("regex", "regexp", "pattern", "patterns"),
        "in": ("fields", "field", "where"),
        "notify": ("channel", "channels", "to", "alert", "send"),
        "sources": ("source", "feed", "feeds", "site", "sites"),
        "lang": ("language", "languages", "locale"),
        "priority": ("severity", "level", "importance"),
        "title": ("name", "label"),
        "note": ("description", "comment"),
        "hits": ("examples", "tests", "positive"),
        "misses": ("negative", "counterexamples"),
    }.items()
    for key in keys
}

OTHER_WORDS_OF_NEAR = {
    **dict.fromkeys(("terms", "any", "all", "words", "what"), "of"),
    **dict.fromkeys(("distance", "max", "span", "slop", "apart"), "within"),
    **dict.fromkeys(("order", "in_order", "sequence"), "ordered"),
}
