"""Same text, same story: how often we are right on labelled news, beside plain methods; time and memory an entry."""

from __future__ import annotations

import argparse
import gc
import math
import multiprocessing
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Protocol

from bench._news import NOW, Newsroom, make_world
from bench._stories_set import Labelled, Role, is_test, read_set
from monitor.model import Entry
from monitor.stories.gist import read_gist
from monitor.stories.index import StoryIndex
from monitor.stories.score import Model
from monitor.stories.verdict import Guard, Kind
from monitor.stories.weights import MODEL
from monitor.text.fold import tokenize

_MORE = 300  # entries that are timed
_WARM = 4_000  # and read before
_ROUNDS = 3_000  # of the descent
_RATE = 0.5
_SHRINK = 2e-3  # how dear large weights are
_FEATURES = tuple(MODEL.weights)
_THRESHOLDS = [step / 100 for step in range(60, 91, 3)]


def main(argv: list[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench stories", description=__doc__)
    parser.add_argument("--fit", action="store_true", help="fit the weights on the set's first half, and print them")
    parser.add_argument("--errors", action="store_true", help="show each wrong answer")
    parser.add_argument("--large", action="store_true", help="fill the window with a million entries too")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000], help="of the windows to time")
    options = parser.parse_args(argv)
    news = read_set()
    if options.fit:
        _print_fit(news)
        return 0
    _print_quality(news, errors=options.errors)
    for size in (*options.sizes, *((1_000_000,) if options.large else ())):
        _print_cost(size)
    return 0


# -- methods -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method says of an entry."""

    story: str
    same_text: bool
    reason: str = ""


class Method(Protocol):
    """One way to tell stories apart."""

    def tell(self, entry: Entry) -> Answer:
        """Answer for an entry, and remember it."""


class Ours:
    """The story index."""

    def __init__(self, model: Model = MODEL) -> None:
        self._index = StoryIndex(model=model)

    def tell(self, entry: Entry) -> Answer:
        verdict = self._index.judge(entry)
        story = verdict.story_id or entry.id
        self._index.add(entry, story)
        return Answer(story, verdict.kind is Kind.SAME_TEXT, f"{verdict.kind}: {verdict.reason}")


class ExactTitle:
    """The same title, but for case and punctuation, is the same text and the same story."""

    def __init__(self) -> None:
        self._stories: dict[str, str] = {}

    def tell(self, entry: Entry) -> Answer:
        title = " ".join(tokenize(entry.title).words)
        known = title in self._stories
        return Answer(self._stories.setdefault(title, entry.id), known)


class TfIdf:
    """The nearest earlier entry by cosine of tf-idf; one threshold for the same story, one for the same text."""

    def __init__(self, story: float, text: float) -> None:
        self._story, self._text = story, text
        self._frequency: Counter[str] = Counter()
        self._entries: list[tuple[Counter[str], str]] = []

    def tell(self, entry: Entry) -> Answer:
        words = Counter([*tokenize(entry.title).words * 2, *tokenize(entry.summary).words])
        mine = self._weigh(words)
        best, story = max(
            ((_cosine(mine, self._weigh(other)), known) for other, known in self._entries), default=(0.0, entry.id)
        )
        story = story if best >= self._story else entry.id
        self._entries.append((words, story))
        self._frequency.update(words.keys())
        return Answer(story, best >= self._text)

    def _weigh(self, words: Counter[str]) -> dict[str, float]:
        entries = len(self._entries) + 1
        weights = {word: count * math.log(1 + entries / (1 + self._frequency[word])) for word, count in words.items()}
        length = math.sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        return {word: weight / length for word, weight in weights.items()}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(weight * other[word] for word, weight in one.items() if word in other)


class MinHashing:
    """datasketch: Jaccard likeness of pairs of words, by 128 permutations."""

    def __init__(self, story: float, text: float) -> None:
        from datasketch import MinHash  # noqa: PLC0415 - a peer that need not be installed

        self._story, self._text = story, text
        self._new = MinHash
        self._entries: list[tuple[object, str]] = []

    def tell(self, entry: Entry) -> Answer:
        words = tokenize(f"{entry.title} {entry.summary}").words
        mine = self._new(num_perm=128)
        mine.update_batch([f"{one} {two}".encode() for one, two in pairwise(words)])
        best, story = max(((mine.jaccard(other), known) for other, known in self._entries), default=(0.0, entry.id))
        story = story if best >= self._story else entry.id
        self._entries.append((mine, story))
        return Answer(story, best >= self._text)


# -- being right -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Marks:
    """How a method did."""

    text: tuple[float, float, float]  # precision, recall, F1
    story: tuple[float, float, float]
    suppressed: Mapping[Role, int]  # what should not have been, by kind


def mark(news: Sequence[Labelled], answers: Sequence[Answer]) -> Marks:
    """Compare answers with the truth: same text by the decision, stories by B-cubed (Bagga and Baldwin, 1998)."""
    said = {item.entry.id for item, answer in zip(news, answers, strict=True) if answer.same_text}
    true = {item.entry.id for item in news if item.role is Role.COPY}
    suppressed = Counter(item.role for item in news if item.entry.id in said - true)
    told, meant = defaultdict(set), defaultdict(set)
    for item, answer in zip(news, answers, strict=True):
        told[answer.story].add(item.entry.id)
        meant[item.story].add(item.entry.id)
    precision = recall = 0.0
    for item, answer in zip(news, answers, strict=True):
        right = len(told[answer.story] & meant[item.story])
        precision += right / len(told[answer.story]) / len(news)
        recall += right / len(meant[item.story]) / len(news)
    hits = len(said & true)
    return Marks(_f1(hits / (len(said) or 1), hits / (len(true) or 1)), _f1(precision, recall), suppressed)


def _f1(precision: float, recall: float) -> tuple[float, float, float]:
    return precision, recall, 2 * precision * recall / ((precision + recall) or 1.0)


def _run(method: Method, news: Sequence[Labelled]) -> list[Answer]:
    return [method.tell(item.entry) for item in news]


def _print_quality(news: Sequence[Labelled], *, errors: bool) -> None:
    first = [item for item in news if not is_test(item.story)]
    second = [item for item in news if is_test(item.story)]
    count = len({item.story for item in news})
    print(f"{len(news)} entries in {count} stories; fitted on {len(first)} entries, judged on the {len(second)} others")
    print(f"{'':<24}{'same text: P     R    F1':>26}{'stories: P     R    F1':>26}  wrongly suppressed")
    methods: dict[str, Callable[[float, float], Method]] = {
        "monitor": lambda *_: Ours(),
        "exact title": lambda *_: ExactTitle(),
        "tf-idf cosine": TfIdf,
        "MinHash (datasketch)": MinHashing,
    }
    for name, make in methods.items():
        try:
            story, text = _best(make, first) if name not in {"monitor", "exact title"} else (0.0, 0.0)
            answers = _run(make(story, text), news)
        except ModuleNotFoundError as error:
            print(f"{name:<24}not installed: pip install {error.name}")
            continue
        chosen = [(item, answer) for item, answer in zip(news, answers, strict=True) if is_test(item.story)]
        marks = mark([item for item, _ in chosen], [answer for _, answer in chosen])
        print(f"{name:<24}{_figures(marks.text)}{_figures(marks.story)}  {_roles(marks.suppressed)}")
        if name == "monitor":
            every = mark(news, answers)
            print(f"{'  both halves':<24}{_figures(every.text)}{_figures(every.story)}  {_roles(every.suppressed)}")
            if errors:
                _print_errors(news, answers)


def _figures(marks: tuple[float, float, float]) -> str:
    return "".join(f"{value:>{width}.3f}" for value, width in zip(marks, (14, 6, 6), strict=True))


def _roles(suppressed: Mapping[Role, int]) -> str:
    return ", ".join(f"{count} {role}" for role, count in suppressed.items()) or "none"


def _best(make: Callable[[float, float], Method], news: Sequence[Labelled]) -> tuple[float, float]:
    """Give a plain method the thresholds that are best for it on the first half."""
    steps = [step / 20 for step in range(2, 20)]
    marks = {step: mark(news, _run(make(step, step), news)) for step in steps}
    return max(steps, key=lambda step: marks[step].story[2]), max(steps, key=lambda step: marks[step].text[2])


def _print_errors(news: Sequence[Labelled], answers: Sequence[Answer]) -> None:
    names: dict[str, str] = {}
    for item, answer in zip(news, answers, strict=True):
        names.setdefault(answer.story, item.story)
    seen: set[str] = set()
    for item, answer in zip(news, answers, strict=True):
        right_story = names[answer.story] == item.story and (item.story in seen) == (answer.story != item.entry.id)
        if answer.same_text != (item.role is Role.COPY) or not right_story:
            half = "test" if is_test(item.story) else "dev"
            print(f"  {half} {item.role} of {item.story}: “{item.entry.title}” ({item.entry.feed})")
            print(f"      told as {names[answer.story]}; {answer.reason}")
        seen.add(item.story)


# -- fitting -----------------------------------------------------------------------------------------------------------


def _print_fit(news: Sequence[Labelled]) -> None:
    first = [item for item in news if not is_test(item.story)]
    samples = _samples(first)
    fitted = _descend(samples)
    stories = {}
    for step in _THRESHOLDS:  # all entries are in the window, and those of the first half are counted
        answers = zip(news, _run(Ours(replace(fitted, threshold=step)), news), strict=True)
        told = [(item, answer) for item, answer in answers if not is_test(item.story)]
        stories[step] = mark([item for item, _ in told], [answer for _, answer in told]).story
    best = max(stories.values(), key=lambda found: found[2])[2]
    good = [step for step, found in stories.items() if found[2] >= best - 0.005]
    fitted = replace(fitted, threshold=good[-1])  # what is joined wrongly hides news; what is split only repeats it
    print(f"# {len(samples)} pairs of {len(first)} entries; B-cubed F1 on them {best:.3f}")
    print(fitted)


def _samples(news: Sequence[Labelled]) -> list[tuple[list[float], float]]:
    """Compare each entry with what the index finds for it, the true stories given."""
    index = StoryIndex()
    samples = []
    for item in news:
        for pair in index.pairs(item.entry):
            if not pair.likeness.what and pair.likeness.guard not in {Guard.SERIES, Guard.NAMES}:
                same = float(pair.text.story_id == item.story)
                samples.append(([pair.features[name] for name in _FEATURES], same))
        index.add(item.entry, item.story)
    return samples


def _descend(samples: Sequence[tuple[list[float], float]]) -> Model:
    """Fit a logistic model by gradient descent; both answers weigh the same in all."""
    bias, vector = 0.0, [0.0] * len(_FEATURES)
    true = sum(same for _, same in samples)
    share = {1.0: 0.5 / true, 0.0: 0.5 / (len(samples) - true)}
    for _ in range(_ROUNDS):
        slope, slopes = 0.0, [_SHRINK * weight for weight in vector]
        for values, same in samples:
            score = bias + sum(weight * value for weight, value in zip(vector, values, strict=True))
            error = share[same] * (1 / (1 + math.exp(-score)) - same)
            slope += error
            for at, value in enumerate(values):
                slopes[at] += error * value
        bias -= _RATE * 4 * slope
        vector = [weight - _RATE * 4 * step for weight, step in zip(vector, slopes, strict=True)]
    weights = {name: round(weight, 2) for name, weight in zip(_FEATURES, vector, strict=True)}
    return Model(bias=round(bias, 2), weights=weights, threshold=0.5)


# -- cost --------------------------------------------------------------------------------------------------------------


def _print_cost(size: int) -> None:
    """Measure in a process of its own, which is weighed before and after."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        mean, median, last, held = pool.submit(_measure, size).result()
    print(
        f"{size:>9,} in the window: {mean * 1e6:,.0f} µs of CPU an entry (median {median * 1e6:,.0f}, "
        f"p99 {last * 1e6:,.0f}); {held:,.0f} bytes each",
        flush=True,
    )


def _measure(size: int) -> tuple[float, float, float, float]:
    """Fill a window, then judge and add some more: seconds on average, in the middle, at the 99th; bytes an entry."""
    room = Newsroom(make_world(1_000))
    index = StoryIndex(capacity=size + _MORE)
    for entry in _write(room, _WARM, 0):
        read_gist(entry)  # what is kept of words is bounded, and not the index's
    before = _resident()
    for first in range(0, size, 1_000):
        for entry in _write(room, 1_000, first):
            index.add(entry, entry.id)
    held = (_resident() - before) / size
    times = []
    for entry in _write(room, _MORE, size):
        started = time.process_time()
        verdict = index.judge(entry)
        index.add(entry, verdict.story_id or entry.id)
        times.append(time.process_time() - started)
    times.sort()
    return sum(times) / _MORE, times[_MORE // 2], times[_MORE * 99 // 100], held


def _write(room: Newsroom, count: int, first: int) -> list[Entry]:
    """Write entries of a title and 28 words, of 400 feeds, three a second."""
    return [
        replace(
            entry,
            id=f"{first + at:032x}",
            feed=f"feed-{at % 400}",
            canonical_url=f"https://news.example/{first + at}",
            seen_at=NOW + timedelta(seconds=(first + at) / 3),
        )
        for at, entry in enumerate(room.write(count, full=False))
    ]


def _resident() -> int:
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
