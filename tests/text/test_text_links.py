import pytest

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
