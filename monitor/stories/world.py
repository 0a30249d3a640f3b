"""Names that the news are full of, and that tell no event from another: countries, peoples, capitals, institutions."""

from __future__ import annotations

from typing import Final

from monitor.stories.words import TERMS
from monitor.text.fold import tokenize

_NAMES = """
u s us usa uk eu un nato america american britain british england english france french germany german italy italian
spain spanish russia russian ukraine ukrainian china chinese japan japanese india indian pakistan israel israeli
palestine palestinian gaza iran iranian iraq iraqi syria syrian turkey turkish türkiye egypt egyptian saudi arabia
lebanon lebanese jordan yemen qatar afghanistan afghan korea korean taiwan vietnam thailand indonesia australia
australian canada canadian mexico mexican brazil brazilian argentina venezuela colombia cuba peru chile poland polish
hungary greece greek sweden swedish norway finland denmark dutch netherlands belgium switzerland swiss austria serbia
romania bulgaria georgia armenia azerbaijan belarus kazakhstan africa african nigeria kenya ethiopia sudan somalia libya
europe european asia asian middle east
washington london paris berlin moscow beijing brussels kyiv kiev rome madrid tokyo delhi ankara tehran jerusalem
baghdad damascus cairo geneva vienna york pentagon kremlin congress senate parliament white house secretary
россия россии российский сша украина украины китай германия франция европа ес нато оон москва киев вашингтон сирия
израиль иран турция deutschland frankreich russland europa italien spanien états unis france russie allemagne chine
estados unidos españa rusia alemania francia
"""

WORLD_TERMS: Final = frozenset(TERMS[word] for word in tokenize(_NAMES).words)
"""The terms of these names."""
