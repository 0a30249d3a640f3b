"""Find a rule by its id."""

from __future__ import annotations

from monitor.document import did_you_mean
from monitor.errors import NotFoundError
from monitor.rules.match import Ruleset
from monitor.rules.tree import Definition


def find_definition(ruleset: Ruleset, rule_id: str) -> Definition:
    """Return what a rule says.

    Raises:
        NotFoundError: there is no such rule.
    """
    definition = ruleset.definitions.get(rule_id)
    if definition is None:
        hint = did_you_mean(rule_id, ruleset.rules)
        raise NotFoundError(f"no rule `{rule_id}`: {hint or '`monitor rules list` lists them'}")
    return definition
