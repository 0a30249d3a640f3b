"""Words so frequent in a language that watching for one of them is watching for everything.

Written by us from the grammar of each language: articles, pronouns, prepositions, conjunctions, auxiliaries, and the
verbs of reporting. One or two letters are warned of anyway. Latin words first, by language.
"""

from monitor.text.fold import tokenize

_WRITTEN = """
the and for are was were has have had not but his her its our who whom whose that this these those with from into
over after before about said says say will would can could may all any new one two now how what when where why they
them their there been being more most some than then you your she him out off also only just other

les des une est sont etait ont avec pour dans par sur sous sans mais que qui quoi dont cette ces ses son leur leurs
plus pas tout tous toute apres avant selon elle elles ils nous vous aux comme fait dit

der die das den dem ein eine einer eines und oder aber ist sind war waren hat haben wird werden mit von vor nach bei
aus auf fur uber unter nicht auch noch nur als wie wer was sich sie ihr ihre sein seine sagt sagte

los las una unos unas del con por para sin sobre entre pero como que quien cual este esta estos estas ese esa sus
mas muy fue son han hay ser dice dijo

gli della delle dei degli che chi con per tra fra non sono era hanno anche questo questa come dopo prima ogni dalla
nel nella sul sulla

uma dos das nos nas com por para sem sobre entre mas que quem seu sua seus suas foi sao mais muito como pelo pela
disse

het een van voor met niet zijn dat die wordt werd ook naar bij uit over maar door

jest nie dla przez oraz ale jak ktory ktora przed pod nad jego jej ich byl byla

ile icin olan bir bunu gibi daha cok kadar sonra

для что как это все или при над под без его она они оно был была было были еще уже так там где кто чем том

від про але або він вона вони який яка яке був була було були ще вже там хто щоб

من في على الى عن هذا هذه التي الذي كان كانت بعد قبل مع لم لن هو هي قال ان

של את עם על זה לא כי הוא היא הם גם או אבל
"""

COMMON_WORDS = frozenset(tokenize(_WRITTEN).words)
"""The words, folded as texts are."""
