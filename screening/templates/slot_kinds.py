"""What fills a slot: names, numbers, occupations, dates, or other short pieces.

Names, numbers and dates are read by the rules of `evalmap.screening.variants`; an occupation by its last word, from a list and from
endings. Not seen: occupations that are rare words without such an ending, and roles (client, guest) are none.
"""

import re
from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np

from evalmap.screening.variants.dates import date_marks, without_dates
from evalmap.screening.variants.names import name_marks
from evalmap.screening.variants.negations import Opposites, negation_marks
from evalmap.screening.variants.numbers import number_marks
from evalmap.screening.variants.words import fold, words

SlotKind = Literal["name", "number", "occupation", "date", "other"]
SLOT_KINDS: tuple[SlotKind, ...] = ("name", "number", "occupation", "date", "other")
_TITLES = frozenset("mr mrs ms miss dr prof sir lady president king queen saint st".split())
_SMALL = frozenset("the a an of and or de la van von al".split())
_CLAUSE = frozenset(
    "i you he she it we they to is am are was were be been do does did would should could can will may might must".split()
)
_STEM = 5
_REACH = 2  # words between a slot and the occupation that it is part of
_WORDS = re.compile(r"\w+(?:'\w+)*")
_TOKENS = re.compile(r"[\w.,:/%$€£°-]*\w[\w%°]*|[%$€£°]")
_OCCUPATIONS = frozenset(
    "accountant actor actress actuary adjuster administrator agent aide analyst announcer appraiser architect artist "
    "assembler assistant astronaut athlete attendant attorney auctioneer auditor author baker banker barber barista bartender "
    "bellhop blacksmith boilermaker bookkeeper botanist brewer bricklayer broker builder butcher butler buyer captain "
    "carpenter cashier caterer chauffeur chef chemist cleaner clerk coach composer concierge conductor consultant contractor "
    "cook coordinator correspondent counsellor counselor courier curator custodian dancer dealer decorator dentist designer "
    "detective developer director dispatcher diver doctor drafter driver economist editor educator electrician engineer "
    "engraver entertainer examiner executive farmer fighter firefighter fisher fisherman florist forester gardener geologist "
    "glazier groundskeeper guard guide hairdresser hairstylist handler helper hostess housekeeper hunter hygienist "
    "illustrator inspector installer instructor interpreter interviewer investigator ironworker janitor jeweler jeweller "
    "journalist judge laborer labourer landscaper lawyer lecturer lender librarian lifeguard lineman loader locksmith logger "
    "machinist maid manager manicurist mason mathematician mayor mechanic merchant messenger meteorologist midwife miner "
    "minister model musician nanny nurse nutritionist officer operator optician optometrist painter paperhanger paralegal "
    "paramedic pastor pharmacist photographer physician physicist pilot planner plasterer plumber poet policeman politician "
    "porter postman postmaster potter preparer priest principal printer processor producer professor programmer promoter "
    "proofreader psychiatrist psychologist publisher rancher ranger realtor receptionist referee registrar repairer reporter "
    "representative researcher rigger roofer sailor salesman salesperson saleswoman scientist sculptor seamstress secretary "
    "server sheriff shoemaker singer soldier specialist statistician steward stewardess stonemason supervisor surgeon "
    "surveyor tailor teacher technician technologist telemarketer teller therapist toolmaker trader trainer translator "
    "trapper trucker tutor typist umpire undertaker underwriter upholsterer usher vet veterinarian waiter waitress warden "
    "weaver welder worker writer zoologist".split()
)
_ENDINGS = ("ologist", "ographer", "keeper", "worker", "maker", "smith", "wright", "driver", "officer")


def kind_of_value(value: str, names: Collection[str]) -> SlotKind:
    """What one value is.

    names : the proper names of the dataset, as `evalmap.screening.variants.names.find_names` gives them
    """
    folded = fold(value)
    if date_marks(folded) and not any(char.isalnum() for char in without_dates(folded)):
        return "date"
    tokens = _TOKENS.findall(folded)
    if tokens and all(_counts(token) for token in tokens) and number_marks(folded):
        return "number"
    own = [word for word in words(folded) if word not in _SMALL]
    held = frozenset(names)
    if own and folded[:1].isupper() and all(word in _TITLES or name_marks([word], held) for word in own):
        return "name"
    heads = [word.removesuffix("'s") for word in own if word.endswith("'s")] or own[-1:]  # the doctor's office: the doctor
    if any(map(_is_occupation, heads)):
        return "occupation"
    return "other"


def _is_occupation(word: str) -> bool:
    bare = word.removesuffix("'s")
    return any(one in _OCCUPATIONS or one.endswith(_ENDINGS) for one in (bare, bare.removesuffix("s")))


def _is_modifier(value: str) -> bool:
    """Whether a value may stand before an occupation: one or two words, none of them small."""
    own = words(fold(value))
    return 0 < len(own) <= _REACH and not any(word in _SMALL or word in _CLAUSE for word in own)


def kind_of_slot(values: Collection[str], names: Collection[str], *, after: Sequence[str] = ()) -> tuple[SlotKind, bool]:
    """What most of the distinct values of a slot are, and whether all of them are; other where no kind has more than half.

    after : the words right behind the slot: packaging and mail are occupations before "machine operator"
    """
    kinds = [kind_of_value(value, names) for value in values]
    if kinds.count("other") == len(kinds) and any(_is_occupation(word) for word in after[:_REACH]):
        kinds = ["occupation" if _is_modifier(value) else "other" for value in values]
    most: SlotKind = max(SLOT_KINDS, key=kinds.count)
    if 2 * kinds.count(most) <= len(kinds):
        return "other", False
    return most, kinds.count(most) == len(kinds)


def says_no(value: str) -> bool:
    """Whether a value denies: rows that differ in it say the opposite and are no fillings of one slot."""
    return bool(negation_marks(words(fold(value))))


def opposed(values: Sequence[str]) -> set[str]:
    """Values that say the opposite of one that is commoner (of equals: first in the alphabet): of gain and lose, lose."""
    ordered = sorted(set(values), key=lambda value: (-values.count(value), value))
    of_value = [words(fold(value)) for value in ordered]
    opposites = Opposites(of_value)
    left, right = np.triu_indices(len(ordered), 1)
    gone: set[str] = set()
    for at, differs in zip(zip(left.tolist(), right.tolist(), strict=True), opposites.differ(left, right).tolist(), strict=True):
        if differs and ordered[at[0]] not in gone:
            gone.add(ordered[at[1]])
    return gone


def is_clause(value: str) -> bool:
    """Whether a value has a pronoun or an auxiliary: it is a piece of a sentence and no filling."""
    return any(token in _CLAUSE for token in _WORDS.findall(fold(value).lower()))


def count_unlike(values: Collection[str]) -> int:
    """How many values stand side by side that share no word of their own; "more money" and "money" count once, "of it" not at all.

    Words of their own are those beside articles, pronouns, prepositions and the like, by their first `_STEM` letters.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    seen: set[str] = set()
    count = 0
    for value in sorted(values, key=lambda value: (len(value), value)):
        tokens = _WORDS.findall(fold(value).lower())
        own = {token[:_STEM] for token in tokens if token not in ENGLISH_STOP_WORDS}
        if own and not own & seen and not is_clause(value):
            count += 1
        seen |= own
    return count


def _counts(token: str) -> bool:
    """Whether a token is a number, or a unit or currency beside one."""
    return bool(number_marks(token)) or number_marks(f"1 {token}") != ("1",) or token.lower() in ("and", "$", "€", "£")
