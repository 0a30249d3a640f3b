"""Rules: from YAML to one immutable `Ruleset` that says which rules an entry satisfies, and why.

`load` makes definitions (`tree`) of documents, or finds every mistake in them. `compile` numbers all terms, puts them
into one `index` and turns clauses into `conditions` over those numbers. `match` asks them about an entry; `examples`
and `explain` have the same matcher account for itself.
"""
