"""How those who get mail say that they want no more: a link that nobody can guess (RFC 2369, RFC 8058)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from monitor.notify.excerpts import scrub_line

PATH = "/unsubscribe/"
EVERYBODY = ""  # in the place of a recipient: a page on which each finds himself

Gone = frozenset[tuple[str, str]]  # channel and recipient


def token_for(key: bytes, channel: str, recipient: str) -> str:
    """Return what a link ends in: 40 hex digits that say nothing of channel and recipient."""
    text = f"{channel}\0{recipient.lower()}"
    return hmac.new(key, text.encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()[:40]


def _nobody() -> Gone:
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Write the links, and know who has left."""

    public_url: str = ""  # under which the pages are reached, "" = they are not
    key: bytes = field(default=b"", repr=False)  # that links are signed with
    operator: str = ""  # the address of a person who can be asked, "" = none is known
    gone: Callable[[], Gone] = _nobody

    def link(self, channel: str, recipients: Sequence[str]) -> str:
        """Return the page for the recipients of one mail, "" where there is none.

        One recipient has a link of his own; several see each other's names in the mail, and choose on one page.
        """
        if not self.public_url or not self.key:
            return ""
        recipient = recipients[0] if len(recipients) == 1 else EVERYBODY
        return f"{self.public_url}{PATH}{token_for(self.key, channel, recipient)}"

    def headers(self, channel: str, recipients: Sequence[str]) -> dict[str, str]:
        """Return the headers by which a mail program offers to leave; one click only where it is clear who clicks."""
        link = self.link(channel, recipients)
        ways = [f"<{link}>"] if link else []
        if self.operator:
            ways.append(
                f"<mailto:{quote(self.operator, safe='@+')}?subject={quote(scrub_line(f'unsubscribe {channel}', 100))}>"
            )
        headers = {"List-Unsubscribe": ", ".join(ways)} if ways else {}
        if link.startswith("https:") and len(recipients) == 1:  # RFC 8058, 3.1
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return headers

    def remaining(self, channel: str, recipients: Sequence[str]) -> tuple[str, ...]:
        """Return the recipients who have not left."""
        gone = self.gone()
        return tuple(each for each in recipients if (channel, each.lower()) not in gone)


NO_WAY = Leaving()
"""Nobody is offered to leave, and nobody has left."""
