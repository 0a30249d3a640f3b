"""Read RSS, RDF and Atom as nearly all feeds write them: a few times as fast as feedparser, and to the same letter."""
