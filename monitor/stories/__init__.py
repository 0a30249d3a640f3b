"""Stories: which entries tell of one event. First cut: the same link, or the same words, is the same story."""
