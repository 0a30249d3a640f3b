"""Watch packs: rules, actors and sources that somebody else has written, checked before they are taken."""
