"""What agencies and sites wrap around headlines and texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stories.wrapping import unwrap_text, unwrap_title


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("UPDATE 2-Bus crash kills 10 in Peru", "Bus crash kills 10 in Peru"),
        ("UPDATE 2-EXCLUSIVE-Bus crash kills 10", "Bus crash kills 10"),
        ("BREAKING: Bus crash kills 10", "Bus crash kills 10"),
        ("(2nd LD) Bus crash kills 10", "Bus crash kills 10"),
        ("Срочно: взрыв на шахте", "взрыв на шахте"),
        ("عاجل: انهيار مدرسة", "انهيار مدرسة"),
        ("快讯：地铁停运", "地铁停运"),
        ("Reuters: Bus crash kills 10", "Bus crash kills 10"),
        ("Bus crash kills 10 in Peru - Reuters", "Bus crash kills 10 in Peru"),
        ("Bus crash kills 10 in Peru (AP)", "Bus crash kills 10 in Peru"),
        ("Bus crash kills 10 in Peru | the daily mirrorer", "Bus crash kills 10 in Peru"),
        ("Bus crash kills 10 in Peru — The Daily Mirrorer", "Bus crash kills 10 in Peru"),
        ("Ships collide off Crete - two dead", "Ships collide off Crete - two dead"),
        ("Talks end - Kremlin", "Talks end - Kremlin"),
        ("M 4.5 - 20 km SSW of Tobelo", "M 4.5 - 20 km SSW of Tobelo"),
        ("Watch: ", "Watch:"),
        ("Live", "Live"),
    ],
)
def test_what_says_who_tells_is_taken_off_a_title(title: str, expected: str) -> None:
    assert unwrap_title(title).text == expected


@pytest.mark.parametrize(
    "title",
    ["CORRECTED-Bus crash", "Correction: Bus crash", "UPDATE 1-CORRECTED-Bus crash", "Berichtigung: Bus", "更正：地铁"],
)
def test_a_title_may_say_that_it_corrects(title: str) -> None:
    assert unwrap_title(title).corrects
    assert not unwrap_title("Corrections officer hurt in riot").corrects


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LIMA, March 3 (Reuters) - A bus fell.", "A bus fell."),
        ("MOSCOW, May 5. /TASS/. A bus fell.", "A bus fell."),
        ("By Jane Miller LIMA (AP) — A bus fell.", "A bus fell."),
        ("LIMA — A bus fell.", "A bus fell."),
        ("A bus fell. Reporting by Jane Miller; editing by Joe", "A bus fell."),
        ("A bus fell. The post Bus fell appeared first on Daily.", "A bus fell."),
        ("(Corrects toll in headline) A bus fell.", "A bus fell."),
        ("A bus (with people) fell.", "A bus (with people) fell."),
    ],
)
def test_dateline_byline_and_tail_are_taken_off_a_text(text: str, expected: str) -> None:
    assert unwrap_text(text).text == expected


@pytest.mark.parametrize(
    "tail",
    [
        *("Reporting by Jane Miller", "(ADDITIONAL REPORTING BY JANE)", "Editing by Joe", "Writing by Joe"),
        *("Continue reading →", "Read more", "Read the full story", "The post Bus fell appeared on Daily."),
        *("Lire la suite", "Weiterlesen", "Mehr lesen", "Leer más", "Seguir leyendo", "ЧИТАТЬ ДАЛЕЕ", "Подробнее"),
        *("© 2026 Daily", "©Reuters"),
    ],
)
def test_what_stands_behind_a_text_is_known_in_many_words(tail: str) -> None:
    assert unwrap_text(f"A bus fell. {tail}").text == "A bus fell."


@pytest.mark.parametrize("end", ["ro…", "ro...", "ro…»", " […]", " [...]"])
def test_a_cut_text_loses_the_half_word_and_says_so(end: str) -> None:
    found = unwrap_text(f"A bus left the {end}")
    assert (found.text, found.cut) == ("A bus left the", True)


@given(st.text())
def test_any_text_comes_out_no_longer(text: str) -> None:
    assert len(unwrap_title(text).text) <= len(text)
    assert len(unwrap_text(text).text) <= len(text)
