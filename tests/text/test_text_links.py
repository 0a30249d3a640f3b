import pytest

from monitor.secret import remember
from monitor.text.links import shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("file:///a/b.xml", "file:///a/b.xml"),
        ("https://user:word@x.example:8/rss?key=s3cret#top", "https://x.example:8/rss"),
        ("https://x.example", "https://x.example"),
    ],
)
def test_what_may_be_secret_is_left_out(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_what_is_known_as_a_secret_is_left_out_of_a_path() -> None:
    remember("a-key-in-a-path")
    assert shown_url("https://x.example/feed/a-key-in-a-path/rss") == "https://x.example/feed/***/rss"
