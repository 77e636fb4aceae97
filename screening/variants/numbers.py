"""Numbers: digits and number words by value, with sign, unit and what is computed; 1,000, 1000 and "one thousand" are the same.

Ordinals count as their number (3rd, third). Not seen: "one" where it is a pronoun, Roman numerals, "a few", "both", "a quarter".
Dates are no numbers here.
"""

import re
from decimal import Decimal

from evalmap.screening.variants.dates import without_dates

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth"
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {
    **{word: value for value, word in enumerate(_SMALL.split())},
    **{word: value for value, word in enumerate(_ORDINALS.split())},
    **{word: 10 * (at + 2) for at, word in enumerate(_TENS)},
    **{f"{word[:-1]}ieth": 10 * (at + 2) for at, word in enumerate(_TENS)},
    "twice": 2,
    "thrice": 3,
}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALES |= {f"{word}th": value for word, value in _SCALES.items() if word != "dozen"}
_UNITS = {
    form: forms.split()[0]
    for forms in (
        "percent %",
        "dollar dollars usd $",
        "euro euros eur €",
        "pound pounds gbp £",
        "cent cents",
        "second seconds sec secs",
        "minute minutes min mins",
        "hour hours hr hrs",
        "day days",
        "week weeks",
        "month months",
        "year years yr yrs",
        "mm millimeter millimeters millimetre millimetres",
        "cm centimeter centimeters centimetre centimetres",
        "m meter meters metre metres",
        "km kilometer kilometers kilometre kilometres",
        "inch inches",
        "ft foot feet",
        "mile miles mi",
        "mg milligram milligrams",
        "g gram grams",
        "kg kilogram kilograms kilo kilos",
        "lb lbs",
        "ton tons tonne tonnes",
        "ml milliliter milliliters millilitre millilitres",
        "l liter liters litre litres",
        "degree degrees °",
        "am a.m.",
        "pm p.m.",
        "times x",
    )
    for form in forms.split()
}
_TOKENS = re.compile(
    r"(?P<digits>(?:(?<![\w)\]-])-)?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<![\w.])\.\d+)"
    r"|(?P<word>[ap]\.m\.|[^\W\d_]+(?:'[^\W\d_]+)*)|(?P<sign>[^\w\s])"
)
_ALWAYS, _BETWEEN = frozenset("+=<>≤≥≠×÷^±"), frozenset("-*/:")  # what is computed; the latter only between two numbers
_LONGEST = 40  # digits that are read as a value; longer ones as they stand
_NO_NUMBER_BEFORE = frozenset("no any every some each this that the which another a such".split())
_NO_NUMBER_AFTER = frozenset(
    "of who whom whose that which should would could can cannot may might must will is was has had does did am are be to in on at "
    "and or but for with from by as if when than then so another not never also always i you he she it we they".split()
)


def number_marks(folded: str) -> tuple[str, ...]:
    """The numbers of a text in their order, each with its unit, and the signs that compute."""
    tokens = [
        (match.lastgroup or "", match.group(), match.start(), match.end()) for match in _TOKENS.finditer(without_dates(folded))
    ]
    found: list[str] = []
    at, after_number = 0, False
    while at < len(tokens):
        kind, token, _, _ = tokens[at]
        if kind == "sign":
            near = after_number and at + 1 < len(tokens) and tokens[at + 1][0] == "digits"
            if (token in _ALWAYS and not _ends_a_word(tokens, at)) or (token in _BETWEEN and near):
                found.append(token)
            at, after_number = at + 1, False
            continue
        value, end = _value(tokens, at)
        if value is None:
            at, after_number = at + 1, False
            continue
        unit, end = _unit(tokens, at, end)
        found.append(f"{value} {unit}" if unit else value)
        at, after_number = end, True
    return tuple(found)


def _ends_a_word(tokens: list[tuple[str, str, int, int]], at: int) -> bool:
    """Whether a sign belongs to the word that it touches: LGBTQ+, C++, and no x+y."""
    _, _, start, end = tokens[at]
    touches = at > 0 and tokens[at - 1][0] != "digits" and tokens[at - 1][3] == start
    return touches and not (at + 1 < len(tokens) and tokens[at + 1][0] != "sign" and tokens[at + 1][2] == end)


def _value(tokens: list[tuple[str, str, int, int]], at: int) -> tuple[str | None, int]:
    """The value that begins at a token, None where there is none, and the token behind it."""
    kind, token, _, _ = tokens[at]
    if kind == "digits":
        return _scaled(_plain(token), tokens, at + 1)
    if token == "half":
        return "0.5", at + 1
    if token not in _VALUES and token not in _SCALES:
        return None, at + 1
    if _is_no_number(tokens, at):
        return None, at + 1
    total, current, end, last = 0, 0, at, 10**15
    while end < len(tokens):
        word = tokens[end][1]
        if word in _VALUES and (last >= 100 or (last in range(20, 100, 10) and 0 < _VALUES[word] < 10)):
            current += _VALUES[word]
            last = _VALUES[word] or 1
        elif word in _SCALES and (end == at or last < 100 or _SCALES[word] > 100):
            scale = _SCALES[word]
            if scale > 100:
                total, current = total + max(current, 1) * scale, 0
            else:
                current = max(current, 1) * scale
            last = scale
        elif word in ("and", "-") and end > at and _goes_on(tokens, end + 1, word, last):
            pass
        else:
            break
        end += 1
    return str(total + current), end


def _goes_on(tokens: list[tuple[str, str, int, int]], at: int, join: str, last: int) -> bool:
    """Whether "and" (two hundred and five) or a hyphen (twenty-one) joins two parts of one number."""
    if at >= len(tokens) or tokens[at][1] not in _VALUES:
        return False
    return last >= 100 if join == "and" else last in range(20, 100, 10)


def _is_no_number(tokens: list[tuple[str, str, int, int]], at: int) -> bool:
    word = tokens[at][1]
    before = tokens[at - 1][1] if at else ""
    after = tokens[at + 1] if at + 1 < len(tokens) else ("", "", 0, 0)
    if word == "one":
        return before in _NO_NUMBER_BEFORE or after[0] != "word" or after[1] in _NO_NUMBER_AFTER
    return word == "second" and before in ("a", "per", "every", "each")


def _plain(digits: str) -> str:
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    if not digits.isascii():
        digits = "".join(char if char in ",." else str(int(char)) for char in digits)
    whole, _, part = digits.replace(",", "").partition(".")
    part = part.rstrip("0")
    return f"{sign}{whole.lstrip('0') or '0'}{'.' if part else ''}{part}"


def _scaled(value: str, tokens: list[tuple[str, str, int, int]], at: int) -> tuple[str, int]:
    """3.5 million as its value."""
    scale = _SCALES.get(tokens[at][1]) if at < len(tokens) and len(value) <= _LONGEST else None
    return (_plain(format(Decimal(value) * scale, "f")), at + 1) if scale else (value, at)


def _is_age(tokens: list[tuple[str, str, int, int]], at: int) -> bool:
    """37 years old, 37-year-old, 37 years of age: as "aged 37"."""
    rest = [token for _, token, _, _ in tokens[at : at + 2]]
    return rest[:1] == ["old"] or rest in (["-", "old"], ["of", "age"])


def _unit(tokens: list[tuple[str, str, int, int]], at: int, end: int) -> tuple[str, int]:
    """The unit of a number that lies from one token to another: before it a currency, behind it a word or letters that touch it."""
    if at and tokens[at - 1][1] in ("$", "€", "£"):
        return _UNITS[tokens[at - 1][1]], end
    if end >= len(tokens):
        return "", end
    behind = end + 1 if tokens[end][1] == "-" and end + 1 < len(tokens) and tokens[end + 1][1] in _UNITS else end
    kind, token, start, _ = tokens[behind]
    if token in _UNITS:
        if token in ("year", "years") and _is_age(tokens, behind + 1):
            return "", behind + 1
        return _UNITS[token], behind + 1
    if kind == "word" and start == tokens[end - 1][3]:
        return ("", behind + 1) if token in ("st", "nd", "rd", "th") else (token, behind + 1)
    return "", end
