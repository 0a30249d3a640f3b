"""Names in other letters and cases: what is proposed is what papers print, and only ever proposed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.cli import actors as command
from monitor.document import parse_document
from monitor.document.patch import quoted
from monitor.rules.endings import decline
from monitor.rules.patch import add_to_list
from monitor.rules.romanise import WAYS, is_cyrillic, is_ukrainian, romanise
from monitor.rules.spellings import LANGUAGES, read_spellings, suggest_spellings
from monitor.rules.term import read_term
from monitor.rules.written import find_written
from tests.rules.building import document

# -- letters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("Шойгу", "Shoygu, Shoigu, Šojgu, Choïgou, Schoigu, Szojgu"),
        ("Лавров", "Lavrov, Lawrow, Ławrow"),
        ("Путин", "Putin, Poutine"),
        ("Ельцин", "Yeltsin, Elcin, Ieltsine, Jelzin, Jelcyn"),
        ("Хрущёв", "Khrushchyov, Hruŝëv, Khrouchtchiov, Chruschtschjow, Chruszczjow, Jrushchiov"),
        ("Зеленский", "Zelenskiy, Zelensky, Zelenskij, Zelenski, Selenski, Zielenski"),
        ("Зеленський", "Zelenskyy, Zelensky, Zelenskij, Zelenski, Selenskyj, Zełenski"),
        ("Белоусов", "Belousov, Belooussov, Beloussow, Biełousow"),
        ("Пригожин", "Prigozhin, Prigožin, Prigojine, Prigoschin, Prygożyn"),
        ("Сергей Лавров", "Sergey Lavrov, Sergei Lavrov, Sergej Lavrov, Sergueï Lavrov, Sergei Lawrow, Siergiej Ławrow, Serguei Lavrov"),
        ("Юлія Тимошенко", "Yuliya Tymoshenko, Ûlìâ Timošenko, Iouliia Tymochenko, Julija Tymoschenko, Julija Tymoszenko"),
        ("ВДВ", "VDV, WDW"),
        ("нет", "net, niet"),
    ],
)  # fmt: skip
def test_names_are_written_as_papers_write_them(name: str, spellings: str) -> None:
    assert ", ".join(romanise(name)) == spellings


def test_a_language_gives_its_own_way() -> None:
    assert romanise("Шойгу", ["fr"]) == ["Choïgou"]
    assert romanise("Шойгу", ["de", "en"]) == ["Schoigu", "Shoygu", "Shoigu"]
    assert romanise("Шойгу", []) == []


@pytest.mark.parametrize(
    ("text", "cyrillic"), [("Шойгу", True), ("Аль-Асад", True), ("Shoygu", False), ("Шoйгу", False), ("", False), ("!", False), ("Ђорђе", False)]
)  # fmt: skip
def test_only_russian_and_ukrainian_letters_are_read(text: str, *, cyrillic: bool) -> None:
    assert is_cyrillic(text) is cyrillic


@given(st.text("абвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґ -’", min_size=1, max_size=20))
def test_whatever_is_cyrillic_becomes_latin_and_declines(name: str) -> None:
    for spelling in romanise(name):
        assert not any("\u0400" <= letter <= "\u04ff" for letter in spelling)
    forms = decline(name)
    assert name not in forms
    assert len(forms) == len(set(forms)) <= 5
    assert all(is_cyrillic(form) for form in forms)


# -- cases -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Шойгу", ""),
        ("Лавров", "Лаврова, Лаврову, Лавровым, Лаврове"),
        ("Белоусов", "Белоусова, Белоусову, Белоусовым, Белоусове"),
        ("Захарова", "Захаровой, Захарову"),
        ("Зеленский", "Зеленского, Зеленскому, Зеленским, Зеленском"),
        ("Зеленская", "Зеленской, Зеленскую"),
        ("Грозный", "Грозного, Грозному, Грозным, Грозном"),
        ("Толстой", "Толстого, Толстому, Толстым, Толстом"),
        ("Кучма", "Кучмы, Кучме, Кучму, Кучмой"),
        ("Гоголь", "Гоголя, Гоголю, Гоголем, Гоголе"),
        ("Цой", "Цоя, Цою, Цоем, Цое"),
        ("Лукашевич", "Лукашевича, Лукашевичу, Лукашевичем, Лукашевиче"),
        ("Кравчук", "Кравчука, Кравчуку, Кравчуком, Кравчуке"),
        ("Порошенко", ""),
        ("Черных", ""),
        ("НАТО", ""),
        ("Павел Дуров", "Павла Дурова, Павлу Дурову, Павлом Дуровым, Павле Дурове"),
        ("Мария Захарова", "Марии Захаровой, Марию Захарову, Марией Захаровой"),
        ("Ангела Меркель", "Ангелы Меркель, Ангеле Меркель, Ангелу Меркель, Ангелой Меркель"),
        ("Никита Хрущёв", "Никиты Хрущёва, Никите Хрущёву, Никиту Хрущёва, Никитой Хрущёвым, Никите Хрущёве"),
        ("Аль-Асад", "Аль-Асада, Аль-Асаду, Аль-Асадом, Аль-Асаде"),
        ("Зеленський", "Зеленського, Зеленському, Зеленським"),
        ("Зеленська", "Зеленської, Зеленській, Зеленську, Зеленською"),
        ("Юлія Тимошенко", "Юлії Тимошенко, Юлію Тимошенко, Юлією Тимошенко"),
        ("Валерій Порошенко", "Валерія Порошенка, Валерію Порошенку, Валерієм Порошенком, Валерії Порошенкові"),
        ("ЛАВРОВ", "ЛАВРОВА, ЛАВРОВУ, ЛАВРОВЫМ, ЛАВРОВЕ"),
        ("лавров", "лаврова, лаврову, лавровым, лаврове"),
    ],
)  # fmt: skip
def test_names_are_declined(name: str, forms: str) -> None:
    assert ", ".join(decline(name)) == forms


# -- proposals ---------------------------------------------------------------------------------------------------------


def test_what_is_known_or_found_already_is_not_proposed() -> None:
    known = ["Shoygu", "Shoigu", "Шойгу", "Choïgou", "Schoigu", "绍伊古"]
    assert suggest_spellings(known) == ["Šojgu", "Szojgu"]
    assert suggest_spellings([*known, "Szoj*", "SOJGU"]) == []
    assert suggest_spellings(known, taken=[read_term("szojgu")]) == ["Šojgu"]
    assert suggest_spellings(["Šojgu", "绍伊古", "Larov*"]) == []


def test_a_case_is_not_declined_again_and_a_beginning_is_no_name() -> None:
    assert suggest_spellings(["Lavrov", "Лавров", "Лаврова", "Лаврову"]) == ["Lawrow", "Лавровым", "Лаврове"]
    assert suggest_spellings(["Лавров*"]) == []


def test_a_transcribed_name_is_not_transcribed_back() -> None:
    assert suggest_spellings(["Ash Carter", "Эш Картер"]) == [
        "Эша Картера",
        "Эшу Картеру",
        "Эшем Картером",
        "Эше Картере",
    ]


@pytest.mark.parametrize(
    ("name", "language", "proposed"),
    [
        ("Лавров", "ru", ["Лаврова", "Лаврову", "Лавровым", "Лаврове"]),
        ("Лавров", "uk", []),
        ("Зеленський", "ru", []),
        ("Зеленський", "uk", ["Зеленського", "Зеленському", "Зеленським"]),
        ("Зеленський", "de", ["Selenskyj"]),
    ],
)
def test_a_language_may_be_asked_for(name: str, language: str, proposed: list[str]) -> None:
    assert suggest_spellings([name], languages=[language]) == proposed
    assert is_ukrainian(name) == (name == "Зеленський")


def test_the_command_knows_every_language() -> None:
    assert command.LANGUAGES == LANGUAGES == (*WAYS, "ru", "uk")


@pytest.mark.parametrize("text", ["actors: {a: [Ay, Bee]}", "actors: {a: {note: n, names: [Ay, Bee]}}"])
def test_spellings_are_found_where_they_stand(text: str) -> None:
    read = document(text)
    spellings = read_spellings(find_written([read], "actors"))
    assert [spelling.term.text for spelling in spellings] == ["Ay", "Bee"]
    assert {spelling.place for spelling in spellings} == {"rules.yaml:1"}
    assert add_to_list(read, spellings[0].written.names_loc, ["Cee"]).endswith(
        text.replace("Bee", "Bee, Cee") + "\n\\ No newline at end of file\n"
    )


# -- patches -----------------------------------------------------------------------------------------------------------

FILES = {
    "brackets": "actors:\n  a: [Shoygu, Шойгу]  # here\n  b: x\n",
    "brackets over lines": "actors:\n  a: [Shoygu,\n    Шойгу\n  ]\n",
    "braces": "actors: {b: c, a: [Shoygu], d: e}",
    "names": "actors:\n  a:\n    wikidata: Q1\n    names: [Shoygu]\n",
    "items": "actors:\n  a:\n    - Shoygu\n    - 'Шойгу' # there\n  b: [x]\n",
    "items in a column": "actors:\n  a:\n  - Shoygu\n",
    "items without an end": "actors:\n  a:\n    - Shoygu",
    "one": "actors:\n  a: Shoygu # one\n",
    "one in quotes": 'actors: {a: "Shoygu"}\n',
    "Windows": "actors:\r\n  a: [Shoygu]\r\n",
}


def loc(text: str) -> tuple[str, ...]:
    return ("actors", "a", "names") if "names:" in text else ("actors", "a")


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_a_patch_can_be_applied_and_adds_what_it_says(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(text.encode())
    read = document(text)
    texts = ["Šojgu", "O'Neil", "yes: no", "null", "#1", "-x", "a, b", "tail "]
    patch = add_to_list(read, loc(text), texts)
    applied = subprocess.run(
        ["git", "apply", "-p0", "-"], input=patch.encode(), cwd=tmp_path, capture_output=True, check=False
    )
    assert applied.returncode == 0, applied.stderr
    changed, problems = parse_document(path.read_bytes(), name="rules.yaml")
    assert changed is not None
    assert problems == []
    before, after = read.value["actors"]["a"], changed.value["actors"]["a"]
    if isinstance(before, dict):
        before, after = before["names"], after["names"]
    assert after == [*([before] if isinstance(before, str) else before), *texts]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("actors:\n  a: []\n", ["x"]),
        ("actors:\n  a:\n    - two\n      lines\n", ["x"]),
        ("actors:\n  a: >\n    folded\n", ["x"]),
        ("actors:\n  a: [x]\n", []),
        ("actors:\n  b: [x]\n", ["y"]),
        ("actors:\n  a: [[x], [y]]\n", ["z"]),
    ],
)
def test_where_a_line_is_not_enough_there_is_no_patch(text: str, texts: list[str]) -> None:
    assert add_to_list(document(text), ("actors", "a"), texts) == ""


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" ")))  # what is printable
def test_a_text_is_quoted_so_that_it_reads_the_same(text: str) -> None:
    for written in (f"[{quoted(text)}]", f"- {quoted(text)}"):
        read, problems = parse_document(written.encode("utf-8", "replace"), name="x")
        assert read is not None, problems
        assert read.value == [text]
