"""Print a whole rule in one of its two spellings."""

from __future__ import annotations

from typing import Any, Literal

import yaml

from monitor.rules.explain import compiled_rule
from monitor.rules.match import Ruleset
from monitor.rules.query import LONGEST_QUERY
from monitor.rules.spell import spell_conditions
from monitor.rules.spell_query import spell_query
from monitor.rules.tree import AllOf, Definition, Languages, Limit, Sources, Times

Spelling = Literal["yaml", "query"]


def spelt(ruleset: Ruleset, rule_id: str, spelling: Spelling) -> str:
    """Spell one rule of a set; see `spell_rule`.

    Raises:
        NotFoundError: there is no such rule.
    """
    return spell_rule(compiled_rule(ruleset, rule_id).definition, spelling)


def spell_rule(definition: Definition, spelling: Spelling) -> str:
    """Return the YAML of a rule, as it could stand under `rules:`, with its conditions as keys or as one query.

    What says where to tell, and its examples, is left out: no spelling changes it.
    """
    node = AllOf(parts=tuple(c.node for c in definition.clauses if not isinstance(c.node, Limit)))
    rule: dict[str, Any] = {"query": spell_query(node)} if spelling == "query" else spell_conditions(node)
    if len(definition.fields) < len(type(definition.fields[0])):
        rule["in"] = [field.value for field in definition.fields]
    for clause in definition.clauses:
        if isinstance(clause.node, Limit):
            rule[clause.key] = _spell_limit(clause.node)
    flow = False if spelling == "query" else None  # None: short lists on one line
    width = LONGEST_QUERY if spelling == "query" else 100
    return yaml.safe_dump(
        {definition.rule.id: rule}, allow_unicode=True, sort_keys=False, default_flow_style=flow, width=width
    )


def _spell_limit(limit: Limit) -> Any:
    match limit:
        case Languages():
            return list(limit.codes)
        case Sources():
            return {key: list(names) for key, names in (("only", limit.only), ("never", limit.never)) if names}
        case Times():
            return limit.least
        case _:
            return limit.day.isoformat()
