"""The labelled set of the benchmark: what is promised about it is kept."""

from __future__ import annotations

from bench._stories_set import Role, is_test, read_set
from bench.stories import Ours, mark


def test_the_labelled_set_is_told_apart_as_promised() -> None:
    news = read_set()
    assert len(news) >= 400
    assert len({item.story for item in news}) >= 100
    ours = Ours()
    answers = [(item, ours.tell(item.entry)) for item in news]
    unseen = [(item, answer) for item, answer in answers if is_test(item.story)]
    marks = mark([item for item, _ in unseen], [answer for _, answer in unseen])
    assert marks.text[2] >= 0.95
    assert marks.story[2] >= 0.92
    wrong = {item.role for item, answer in answers if answer.same_text}
    assert wrong == {Role.COPY}
