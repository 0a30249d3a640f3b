"""What single words say about stories: their stems, how common they are anywhere, and which contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final
from zlib import crc32

from monitor.stories.numbers import read_numbers
from monitor.text.fold import tokenize

_STEM = 6  # letters: what inflection leaves alone, in the languages that inflect at the end
_VOWELS = "aeiouyаеиоуыэюяьъі"
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

# -- tables: written in plain words, kept as folded stems --------------------------------------------------------------

_FUNCTION_WORDS = """
a an the and or but nor if then than that this these those there here of in on at by to for from with without into
onto
over under after before since until during against between among about across near off out up down as is are was were
be
been being am do does did has have had having will would shall should can could may might must it its he she they them
his her their our your my we you i who whom whose which what when where why how all any some each every both more most
other such only own same so too very just also not no never
der die das den dem des ein eine einer eines einem einen und oder aber wenn dass als wie in im an am auf aus bei beim
mit nach von vom vor zu zum zur über unter gegen durch für ohne um bis seit während ist sind war waren wird werden
wurde
wurden hat haben hatte sein ihr ihre er sie es wir nicht kein keine auch nur noch schon mehr sich dort hier
le la les l un une des du de d et ou mais si que qui quoi dont où dans en sur sous par pour avec sans vers chez entre
contre après avant depuis pendant est sont était étaient être a ont avait avoir il elle ils elles on nous vous ce cet
cette ces son sa ses leur leurs ne pas plus très aussi se s n au aux
el los las uno unos unas y o pero si que quien cual en por para con sin sobre tras ante desde hasta entre contra según
durante es son era fue fueron ser ha han había haber su sus se lo al del no más muy también como este esta estos
il lo gli i uno una e o ma se che chi di da in con su per tra fra è sono era stato ha hanno non più del della dei nel
o os as um uma e ou mas se que quem de do da dos das em no na nos nas por para com sem sobre é são foi não mais ao
и в во на с со к ко о об от до из у за по при для без над под про через между после перед около но а или если что
чтобы
как когда где кто это этот эта эти тот та те он она оно они его ее их мы вы я не ни же бы ли уже еще был была было
были
есть быть также только так
і й та у в на з до від за по при для без над під про через між після але або якщо що щоб як коли де хто це цей ця не
في من على إلى عن مع بعد قبل خلال بين أن إن التي الذي هذا هذه كان كانت قد لم لا ما أو ثم حول
的 了 在 是 和 与 对 于 为 也 有 将 被 从 到 年 月 日
"""
_NEWS_WORDS = """
say said says saying tell told according report reported reports reporter news official officials government minister
ministry president prime spokesman spokesperson spokeswoman statement country state national international foreign
people
man woman men women person child children year years month week weekend day days today tomorrow yesterday hour hours
time
monday tuesday wednesday thursday friday saturday sunday morning afternoon evening night early late first last next
new
old former latest recent least major big large small high low good long local public city town region area north south
east west northern southern eastern western central world group company police court case law party member leader head
chief call called make made take taken took give gave come came go went get got put set keep kept found find see seen
show
showed use used work part place end start begin began open close plan planned want need ask asked expect expected
follow
following including include amid around about nearly almost many much several million billion percent per cent number
kill killed dead die died death injure injured hurt hit home back still now while because however another few half two
three four five six seven eight nine ten
january february march april june july august september october november december
sagte sagen teilte mit jahr jahre tag tage heute gestern morgen montag dienstag mittwoch donnerstag freitag samstag
sonntag woche monat regierung minister präsident polizei angaben sprecher menschen mann frau stadt land neue neuen
neuer
millionen prozent uhr deutsche deutschland bericht
dit déclaré selon an ans année jour jours hier aujourd hui demain lundi mardi mercredi jeudi vendredi samedi dimanche
semaine mois gouvernement ministre président police porte parole personnes homme femme ville pays nouveau nouvelle
nouveaux nouvelles millions morts blessés
dijo según año años día días hoy ayer mañana lunes martes miércoles jueves viernes sábado domingo semana mes gobierno
ministro presidente policía portavoz personas hombre mujer ciudad país nuevo nueva nuevos millones muertos heridos
сказал сказала заявил заявила сообщил сообщила сообщает сообщили словам год года лет день дня сегодня вчера завтра
понедельник вторник среду четверг пятницу субботу воскресенье неделя месяц правительство министр президент полиция
представитель человек люди мужчина женщина город страна новый новая новые данным тысяч миллионов
"""
_NEGATIONS = """
not no never none cannot deny denies denied denial refute refutes refuted dismiss dismisses dismissed rejects rejected
reject false untrue hoax fake nicht kein keine keinen niemals dementiert bestreitet weist ne pas aucun jamais
dément démentent nie rejette niega niegan desmiente desmienten sin ningún nunca nega smentisce não не нет ни никогда
опроверг опровергла опровергли опровергает отрицает отрицают отверг отвергла ні ніколи спростував спростовує заперечує
لا لم لن ليس ينفي نفى تنفي نفت 不 没 未 否
"""
_OPPOSITES = """
approve|approves|approved|back|backs|backed|accept|accepts|accepted / reject|rejects|rejected|block|blocks|blocked
rise|rises|rose|risen|up|gain|gains|gained|higher|increase|increases|increased / fall|falls|fell|fallen|down|
drop|drops|
dropped|lower|decrease|decreases|decreased|decline|declines|declined
raise|raises|raised|hike|hikes|hiked / cut|cuts|lower|lowers|lowered|slash|slashes|slashed
win|wins|won / lose|loses|lost
confirm|confirms|confirmed / deny|denies|denied
open|opens|opened|reopen|reopens|reopened / close|closes|closed|shut|shuts
begin|begins|began|start|starts|started|resume|resumes|resumed / end|ends|ended|halt|halts|halted|suspend|suspends|
suspended|stop|stops|stopped|cancel|cancels|cancelled|canceled
arrest|arrests|arrested|detain|detained|jailed / release|releases|released|free|freed|frees
alive|survive|survives|survived / dead|dies|died|dead
guilty|convicted / innocent|acquitted|cleared
agree|agrees|agreed / refuse|refuses|refused|disagree|disagrees
join|joins|joined / leave|leaves|left|quit|quits
lift|lifts|lifted / impose|imposes|imposed|extend|extends|extended
best / worst
steigt|steigen|stieg|erhöht / fällt|fallen|fiel|sinkt|sinken|sank|senkt
bestätigt|bestätigen / dementiert|bestreitet
billigt|stimmt / lehnt|ablehnt
confirme|confirment|confirmé / dément|démentent
hausse|monte|augmente / baisse|chute|recule
confirma|confirman / niega|desmiente
sube|suben|aumenta / baja|bajan|cae
подтвердил|подтвердила|подтверждает|подтвердили / опроверг|опровергла|опровергает|опровергли
вырос|выросла|выросли|растет|повысил|повысила / упал|упала|упали|снизился|снизилась|снизил|снизила|падает
одобрил|одобрила|одобрили|поддержал / отклонил|отклонила|отклонили|отверг
"""
_CALENDAR = """
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december jan feb mar apr jun jul aug sep sept oct nov dec today tomorrow yesterday tonight morning
afternoon evening weekend mon tue wed thu fri sat sun am pm
montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz mai juni juli oktober dezember heute
morgen gestern lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril juin juillet août
septembre
octobre novembre décembre hier demain lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril
mayo
junio julio agosto septiembre octubre noviembre diciembre hoy ayer mañana
понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье января февраля марта апреля мая
июня
июля августа сентября октября ноября декабря сегодня вчера завтра
"""
_SERIAL = """
weather / forecast / magnitude / m # / quake alert
earthquake alert / horoscope / horoscopes / lottery / lotto / powerball
obituary / obituaries / in memoriam / crossword / sudoku / wordle / tv listings / what to watch / photos of the week
photos of the day / pictures of the week / this week in / week in review / the week in / week ahead / the week ahead
morning briefing / evening briefing / daily briefing / news briefing
briefing / newsletter / daily roundup / weekly roundup
round up / roundup / market report / market wrap
markets wrap / stocks close / stocks open / stock market / share price
exchange rate / exchange rates / closing prices / opening prices
bitcoin price / gold price / oil price / price today
today in history / on this day / quote of the day / word of the day / letters to the editor / letters / live updates
traffic report / traffic update / tide times / air quality / pollen count / sports results / fixtures / scoreboard
transfer gossip / quiz / podcast / episode / episode # / part # / chapter # / issue # / vol # / day # /
list of key events / open thread / daily discussion / press review / dow jones / ftse / nikkei
wetter / wettervorhersage / horoskop / lottozahlen
verkehrsmeldungen / dax / presseschau / wochenrückblick / todesanzeigen
météo / horoscope / bourse / cac 40 / revue de presse / avis de décès / loto / el tiempo / horóscopo / ibex / lotería
obituario / погода / прогноз погоды / гороскоп / курс валют / курс доллара / дайджест / итоги недели / итоги дня
сводка / некролог / землетрясение магнитудой / حالة الطقس / أسعار / 天气 / 天氣 / 收盘 / 星座
"""


# -- stems -------------------------------------------------------------------------------------------------------------


def stem(word: str) -> str:
    """Cut what inflection changes: crude, the same for all languages, and enough to compare reports by."""
    if word[0] == "#" or not word.isalpha():
        return word
    if word.isascii() and len(word) > 3:  # noqa: PLR2004
        if word.endswith("s") and not word.endswith("ss"):
            word = word[:-1]
        if len(word) > 5 and word.endswith("ing"):  # noqa: PLR2004
            word = word[:-3]
        elif len(word) > 4 and word.endswith("ed"):  # noqa: PLR2004
            word = word[:-2]
    short = word[:_STEM]
    bare = short.rstrip(_VOWELS)
    return bare if len(bare) > 3 else short  # noqa: PLR2004


def _term(word: str) -> int:
    code = crc32(stem(word).encode("utf-8", "surrogatepass"))
    return code | 1 if word[0] == "#" else code & ~1


class _Terms(dict[str, int]):
    """Terms by folded word, filled as they are met and bounded."""

    _MOST = 32_768
    _LONGEST = 64

    def __missing__(self, word: str) -> int:
        term = _term(word[: self._LONGEST])
        if len(word) <= self._LONGEST:
            if len(self) >= self._MOST:
                self.clear()
            self[word] = term
        return term


TERMS: Final = _Terms()
"""The 32-bit term of a folded word: its stem's hash, odd for numbers. Words that share one are alike to stories."""


def is_number(term: int) -> bool:
    """Tell the terms of numbers from those of words."""
    return bool(term & 1)


def pair_unspaced(words: list[str]) -> list[str]:
    """Join neighbours of scripts without blanks, which come as one character a word, to overlapping pairs."""
    if "".join(words).isascii() or not any(map(_UNSPACED.match, words)):
        return words
    joined: list[str] = []
    for word, following in pairwise((*words, "")):
        if not _UNSPACED.match(word):
            joined.append(word)
        elif following and _UNSPACED.match(following):
            joined.append(word + following)
        elif not (joined and len(joined[-1]) > 1 and joined[-1].endswith(word)):
            joined.append(word)
    return joined


def _terms(text: str) -> frozenset[int]:
    return frozenset(TERMS[word] for word in read_numbers(tokenize(text).words))


def _opposites() -> Iterable[tuple[frozenset[int], frozenset[int]]]:
    for line in _OPPOSITES.replace("|\n", "|").strip().splitlines():
        left, right = line.split("/")
        yield _terms(left), _terms(right) - _terms(left)


FUNCTION_TERMS: Final = _terms(_FUNCTION_WORDS)
NEWS_TERMS: Final = _terms(_NEWS_WORDS)
NEGATION_TERMS: Final = _terms(_NEGATIONS)
CALENDAR_TERMS: Final = _terms(_CALENDAR)
OPPOSITE_TERMS: Final = tuple(_opposites())
_SERIAL_WORDS: Final = frozenset(
    " ".join(tokenize(phrase).words) + " #" * phrase.count("#")
    for line in _SERIAL.strip().splitlines()
    for phrase in line.split(" / ")
)
_SERIAL_BEGINNINGS: Final = frozenset(phrase.partition(" ")[0] for phrase in _SERIAL_WORDS)
_LONGEST_SERIAL: Final = max(phrase.count(" ") + 1 for phrase in _SERIAL_WORDS)


def sounds_serial(words: list[str]) -> bool:
    """Say whether a headline's folded words hold a name that recurring items go by ("weather", "this week in")."""
    words = ["#" if word[0] == "#" else word for word in words]
    return any(
        " ".join(words[at : at + length]) in _SERIAL_WORDS
        for at, word in enumerate(words)
        if word in _SERIAL_BEGINNINGS
        for length in range(1, _LONGEST_SERIAL + 1)
    )
