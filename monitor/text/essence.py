"""Tell a text from its noise: what changes in a news item without changing what it says.

Publishers stamp the time of the last edit on a text, count its readers, and mark a headline as `UPDATE 2`; none of that
is news. A number that stands in a sentence is: "kills 10" and "kills 50" differ.
"""

from __future__ import annotations

import re

from monitor.text.fold import tokenize

# Every quantifier is bounded, so the search takes linear time on any text.
_CLOCK = r"\d{1,2}\s?(?::\d{2}(?::\d{2})?|h\d{2}|uhr)(?:\s?(?:[ap]\.?m\b\.?|[a-z]{2,5}\b))?"
_EDITED = (
    r"(?:last\s)?(?:updated|modified|edited|published|posted)|обновлено|опубликовано|оновлено|aktualisiert|"
    r"veröffentlicht|stand|mis\sà\sjour|modifié|publié|actualizado|publicado|aggiornato|pubblicato|atualizado"
)
_SPAN = r"\d{1,4}\s?(?:sec(?:ond)?|min(?:ute)?|hour|hr|day|week)s?"
_COUNTED = (
    r"views?|reads?|readers?|comments?|shares?|likes?|vues?|commentaires?|aufrufe|kommentare?|visitas?|vistas?|"
    r"comentarios?|просмотр\w{0,3}|комментари\w{0,3}"
)
# What may begin a piece of noise, so that most places of a text are passed by at once.
_BEGINS = r"(?=^|[\d\n(\[|]|(?<!\w)[acehiklmprsuv\u0430-\u044f])"
_NOISE = re.compile(
    _BEGINS
    + "(?:"
    + "|".join(
        (
            rf"\b(?:{_EDITED})\b[^\n!?]{{0,50}}?\b{_CLOCK}",  # Updated 1 March 2026 at 14:05 GMT
            rf"(?:^|\n|[(\[|])\s{{0,3}}{_CLOCK}\s{{0,3}}(?:$|(?=\n)|[)\]|:–—-])",  # a line or a bracket of its own
            r"\b\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}\S{0,20}",  # ISO 8601
            rf"\b{_SPAN}\sago\b",
            r"\bvor\s\d{1,4}\s(?:sekunden?|minuten?|stunden?|tag(?:en?)?)\b",
            r"\bil\sy\sa\s\d{1,4}\s(?:secondes?|minutes?|heures?|jours?)\b",
            r"\bhace\s\d{1,4}\s(?:segundos?|minutos?|horas?|días?)\b",
            r"\b\d{1,4}\s(?:секунд\w?|минут\w?|час\w{0,2}|дн\w{1,2}|день)\sназад\b",
            rf"\b{_SPAN}\sread\b",
            rf"\b\d[\d.,\u00a0 ]{{0,12}}[km]?\s?(?:{_COUNTED})\b",
            rf"\b(?:{_COUNTED})\s?[:(]\s?\d[\d.,]{{0,12}}\)?",
        )
    )
    + ")",
    re.IGNORECASE,
)
# All noise has a digit in it, and reaches no further from one than this.
_REACH = 100
_NUMBERS = re.compile(rf"\d(?:\D{{0,{_REACH}}}?\d)*")
# UPDATE 2-, UPDATED:, UPD1:, (update), [Updated]: marks at the ends of a headline
_MARK = r"upd(?:ate[ds]?)?\s?#?\d{0,3}"
_LEADING_MARK = re.compile(rf"^\s{{0,3}}(?:{_MARK}\s?[-–—:|.]\s?|[(\[]{_MARK}[)\]]\s?){{1,4}}", re.IGNORECASE)
_TRAILING_MARK = re.compile(rf"(?:\s?[-–—:|]\s?{_MARK}|\s?[(\[]{_MARK}[)\]]){{1,4}}\s{{0,3}}$", re.IGNORECASE)


def essential_words(text: str, *, headline: bool = False) -> list[str]:
    """Return the folded words of a text without its noise; of a headline without its `UPDATE` marks, too."""
    if headline:
        text = _TRAILING_MARK.sub("", _LEADING_MARK.sub("", text))
    return tokenize(_without_noise(text)).words


def _without_noise(text: str) -> str:
    """Put line feeds in the places of noise; only what stands around numbers is looked at."""
    kept: list[str] = []
    at = 0
    for numbers in _NUMBERS.finditer(text):
        for noise in _NOISE.finditer(text, max(at, numbers.start() - _REACH), numbers.end() + _REACH):
            kept.append(text[at : noise.start()])
            at = noise.end()
    return "\n".join([*kept, text[at:]])
