"""What the words in rules mean: terms folded, actors and other rules looked up; for YAML and queries alike."""

from __future__ import annotations

from collections.abc import Collection

from monitor.document import did_you_mean
from monitor.rules.term import ReadingError, read_exact, read_regex, read_term
from monitor.rules.tree import Actor, Exact, Regex, Term, Use

ACTOR_MARK = "actor:"
"""Before an actor's id where terms stand: `all: ["actor:shoygu", Syria]`."""


SPELLINGS = "write its spellings under `actors:` at the top of a file, or the name under `terms`"


class Vocabulary:
    """All that rules may speak of; each of its answers raises ReadingError where something means nothing."""

    def __init__(self) -> None:
        self.actors: dict[str, Actor] = {}  # one whose names are wrong too: a rule that names it is not at fault
        self.rules: Collection[str] = ()  # ids
        self._terms: dict[str, Term] = {}

    def term(self, text: str) -> Term:
        """Read a word or phrase."""
        if text not in self._terms:
            self._terms[text] = read_term(text)
        return self._terms[text]

    def exact(self, text: str) -> Exact:
        """Read a text to be found as it stands."""
        return read_exact(text)

    def regex(self, text: str) -> Regex:
        """Read a regular expression."""
        return read_regex(text)

    def actor(self, text: str) -> Actor:
        """Look an actor up by its id, with or without the mark before it."""
        name = text.removeprefix(ACTOR_MARK).strip()
        actor = self.actors.get(name)
        if actor is None:
            hint = self._actor_spelt(name) or did_you_mean(name, self.actors) or SPELLINGS
            raise ReadingError(f"unknown actor `{name}`", hint)
        return actor

    def use(self, text: str) -> Use:
        """Look another rule up by its id."""
        name = text.strip()
        if name not in self.rules:
            raise ReadingError(f"unknown rule `{name}`", did_you_mean(name, self.rules))
        return Use(rule=name)

    def term_or_actor(self, text: str) -> Term | Actor:
        """Read what stands in a list of terms."""
        return self.actor(text) if text.startswith(ACTOR_MARK) else self.term(text)

    def _actor_spelt(self, text: str) -> str:
        """Say whose name this is, where somebody wrote a name for an id."""
        try:
            words = read_term(text).words
        except ReadingError:
            return ""
        owners = (actor.id for actor in self.actors.values() if any(name.words == words for name in actor.names))
        owner = next(owners, None)
        return f"did you mean `{owner}`?" if owner else ""
