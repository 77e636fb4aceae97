"""Which field is the text, the label, the confidence …: decided from the table of `role_evidence`, told, each overridable."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from evalmap.data.choices import Key, RowOptions, find_key, inside, option_fields, options_of
from evalmap.data.errors import AmbiguousReading, DatasetError, TextReading
from evalmap.data.records import ROLE_NAMES, FileRows, Reading, ReadOptions, RoleReading, Roles, TextForm
from evalmap.data.role_evidence import NEAR, Evidence, FieldFacts, facts_of, text_evidence
from evalmap.data.row_texts import row_texts
from evalmap.data.text.messages import read_turns, shared_turns

_KNOWN: tuple[tuple[str, frozenset[str], dict[str, str]], ...] = (
    ("persona", frozenset({"question", "statement", "answer_matching_behavior"}), {"text": "statement"}),
    ("multiple-choice", frozenset({"question", "answer_matching_behavior"}), {"text": "question"}),
    ("winogenerated", frozenset({"sentence_with_blank", "pronoun_options", "occupation"}), {"text": "sentence_with_blank"}),
)
# In order of preference; a name stands without case, spaces, signs and plural, as in role_evidence.
_LABEL = ("answermatchingbehavior", "label", "answer", "target", "class", "gold", "correctanswer", "expected", "ideal", "answerkey")
_LABEL += (
    "goldlabel",
    "correctoption",
    "groundtruth",
    "correct",
    "answeridx",
    "answerindex",
    "finalanswer",
    "finaldecision",
    "cop",
)
_LABEL_IF_FEW = ("reference", "output", "solution", "expectedoutput", "sentiment", "issafe", "toxicity", "verdict", "stance")
_LABEL_LAST = ("category",)
_REFERENCE = ("answer", "target", "ideal", "reference", "referenceanswer", "groundtruth", "bestanswer", "correctanswer", "gold")
_REFERENCE += (
    "expected",
    "expectedoutput",
    "solution",
    "canonicalsolution",
    "output",
    "response",
    "completion",
    "summary",
    "highlight",
)
_CONFIDENCE = ("labelconfidence", "confidence", "probability", "score")
_CHOICES = ("choice", "option", "pronounoption", "answerchoice", "answeroption", "possibleanswer", "multiplechoice", "ending")
_CHOICES += ("mc1target", "multiplechoicetarget", "targetscore", "candidate", "alternative", "answer")
_GROUP = ("group", "occupation", "topic", "subject", "category", "behavior", "domain", "semanticcategory", "subcategory", "type")
_GROUP += (
    "subfield",
    "subdomain",
    "riskarea",
    "harmcategory",
    "functionalcategory",
    "level",
    "source",
    "difficulty",
    "language",
    "split",
)
_ID = ("id", "exampleid", "uid", "uuid", "idx", "index")
_ENDINGS = (("chosen", "rejected"), ("conversation_a", "conversation_b"))
_ASKED_OF_CONTEXT = frozenset({"question", "query", "claim", "hypothesis", "questionstem", "questiontext"})


@dataclass(frozen=True)
class FileReading:
    """How one file is read.

    Attributes
    ----------
    roles, reading : what the dataset keeps of it
    text_fields : put together they are the text, as `reading.form` says
    choice_fields : one that holds all options of a row, or one an option
    options_inside : the options stand on lines of their own in the text
    key : how the label names one of the options; None where it doesn't
    ending_fields : the two endings of a preference pair
    """

    roles: Roles
    reading: Reading
    text_fields: tuple[str, ...]
    choice_fields: tuple[str, ...] = ()
    options_inside: bool = False
    key: Key | None = None
    ending_fields: tuple[str, ...] = ()


def detect_roles(file: FileRows, options: ReadOptions) -> Roles:
    """`read_roles` without the reasons."""
    return read_roles(file, options).roles


def read_roles(file: FileRows, options: ReadOptions) -> FileReading:
    """Find the role of each field of one file; what `options` names wins.

    Raises
    ------
    AmbiguousReading : two fields may be the text with about equal right, and `options` choose none
    DatasetError : no field can be the text, or an option names a field that the file lacks
    """
    return _Reader(file, options).read()


def describe(roles: Roles) -> dict[str, str]:
    """The roles that are filled, as {role: field}."""
    return {role: field for role, field in asdict(roles).items() if field and role != "schema"}


@dataclass(frozen=True)
class _Text:
    fields: tuple[str, ...]
    form: TextForm
    reason: str
    runner_up: tuple[str, ...] = ()
    runner_up_reason: str = ""


class _Reader:
    """One file under way: the roles that are taken so far, and why."""

    def __init__(self, file: FileRows, options: ReadOptions) -> None:
        self.file, self.options, self.fields = file, options, file.fields
        self.facts = facts_of(file.fields)
        self.of = {one.name: one for one in self.facts}
        self.taken: set[str] = set()
        self.told: list[RoleReading] = []
        self.notes: list[str] = []
        self.schema, self.known = self._schema()

    def read(self) -> FileReading:
        wanted = {role: self._wanted(role) for role in ROLE_NAMES}
        endings = self._endings()
        text = self._text(wanted["text"], endings)
        self._take("text", text.fields, text.reason, text.runner_up, text.runner_up_reason)
        self.taken |= {field for fields in wanted.values() for field in fields or ()} | set(endings)
        choice_fields, key, in_text = self._choices(wanted["choices"], wanted["label"], text)
        if choice_fields:
            self._take("choices", choice_fields, *self._choice_reason(wanted["choices"], choice_fields))
        label = self._label(wanted["label"], key)
        self._reference(wanted["label"], label, key)
        for role, names, fits in (("confidence", _CONFIDENCE, _is_ratio), ("group", _GROUP, _is_label), ("id", _ID, _any)):
            self._plain_role(role, wanted[role], names, fits)
        self._note_form(text, endings)
        found = {one.role: ",".join(one.fields) for one in self.told if one.role in ROLE_NAMES}
        roles = Roles(**{role: found.get(role) for role in ROLE_NAMES if role != "text"}, text=found["text"], schema=self.schema)
        reading = Reading(tuple(self.told), tuple(self.notes), text.form, self._variants(text, key))
        return FileReading(roles, reading, text.fields, choice_fields, in_text, key, endings)

    # The text

    def _text(self, wanted: tuple[str, ...] | None, endings: tuple[str, ...]) -> _Text:
        if wanted:
            return _Text(wanted, self._form(wanted), "as chosen")
        if self.known:
            return _Text((self.known["text"],), "text", f"the {self.schema} schema")
        found = text_evidence(self.facts)
        asking = [one for one in found if one.facts.family in ("prompt", "context", "unknown") or one.facts.kind == "chat"]
        if endings and not any(one.facts.name not in endings for one in asking) and self._form(endings) == "preference":
            return _Text(endings, "preference", "the prompt that both endings share")
        endings_only = [one for one in found if one.facts.name in endings]
        found = [one for one in found if one.facts.name not in endings] or endings_only
        if not found:
            line = int(self.file.lines[0]) if len(self.file.lines) else 1
            named = _listed(self.fields)
            raise DatasetError(f"{self.file.source} line {line}: no text field (found: {named}). Choose the text field.", "text")
        return self._joined(found) or self._best(found)

    def _best(self, found: list[Evidence]) -> _Text:
        first, *others = found
        if not others:
            return _Text((first.facts.name,), self._form((first.facts.name,)), first.reason)
        second = others[0]
        near = [one for one in others if one.score >= first.score - NEAR]
        if near and (inner := self._innermost([first, *near])):
            outer = next(one for one in [first, *near] if one is not inner)
            reason = f"{inner.reason}, and it stands inside {outer.facts.name}"
            return self._single(inner, reason, outer)
        if near and not self.options.yes:
            raise AmbiguousReading(self.file.source, tuple(self._candidate(one) for one in [first, *near]))
        reason = f"{first.reason}, the first of {1 + len(near)} as near" if near else first.reason
        return self._single(first, reason, second)

    def _single(self, best: Evidence, reason: str, second: Evidence) -> _Text:
        name = best.facts.name
        return _Text((name,), self._form((name,)), reason, (second.facts.name,), second.reason)

    def _candidate(self, evidence: Evidence) -> TextReading:
        name = evidence.facts.name
        form = self._form((name,))
        texts = row_texts(self.fields.head(20), (name,), form, self.options.turn).texts
        shown = [text[:200] for text in texts if isinstance(text, str) and text.strip()][:3]
        return TextReading(name, evidence.reason, round(evidence.score, 1), tuple(shown))

    def _innermost(self, near: list[Evidence]) -> Evidence | None:
        """The one whose text stands inside each other's, in nearly all rows."""
        head = self.fields.iloc[:: max(1, len(self.fields) // 100)]
        names = [one.facts.name for one in near]
        texts = {name: row_texts(head, (name,), self._form((name,)), self.options.turn).texts for name in names}
        for inner in sorted(near, key=lambda one: (one.facts.mean_words, one.facts.name)):
            others = [one for one in near if one is not inner]
            if all(_stands_inside(texts[inner.facts.name], texts[other.facts.name]) for other in others):
                return inner
        return None

    def _joined(self, found: list[Evidence]) -> _Text | None:
        """Fields that make one example together, if the strongest is one of them."""
        score = {one.facts.name: one.score for one in found}
        best = found[0]
        for fields, reason in self._pairs(found):
            near = [one for one in found if one.facts.name not in fields and one.score >= best.score - NEAR]
            if best.facts.name in fields and not near:
                after = next((one for one in found if one.facts.name not in fields and score[one.facts.name] > 0), None)
                beside = ((after.facts.name,), after.reason) if after else ((), "")
                return _Text(fields, "joined", reason, *beside)
        return self._told_apart(found)

    def _pairs(self, found: list[Evidence]) -> Iterator[tuple[tuple[str, ...], str]]:
        usable = {one.facts.key: one.facts for one in reversed(found) if one.facts.kind == "text"}
        contexts = [
            one.facts for one in found if one.facts.family == "context" and one.facts.is_free_text and one.facts.filled >= 0.6
        ]
        if {"premise", "hypothesis"} <= usable.keys():
            yield (usable["premise"].name, usable["hypothesis"].name), "premise and hypothesis make one example"
        if {"premise", "question"} <= usable.keys():
            yield (usable["premise"].name, usable["question"].name), "premise and question make one example"
        for second in ("input", "context", "question", "query"):
            if "instruction" in usable and second in usable:
                yield (usable["instruction"].name, usable[second].name), f"instruction and {second} make one example"
        for asked in (usable[key] for key in sorted(usable) if key in _ASKED_OF_CONTEXT):
            for context in contexts:
                yield (context.name, asked.name), f"what is asked, and the {context.words[0]} that it is asked about"
        numbered: dict[tuple[str, ...], list[FieldFacts]] = {}
        for one in usable.values():
            if one.family == "prompt" and len(one.words) > 1 and (one.words[-1].isdigit() or one.words[-1] in "abcd"):
                numbered.setdefault(one.words[:-1], []).append(one)
        for words, several in numbered.items():
            if len(several) > 1:
                ordered = sorted(several, key=lambda one: (len(one.words[-1]), one.words[-1]))
                yield tuple(one.name for one in ordered), f"{len(several)} {' '.join(words)} fields make one example"

    def _told_apart(self, found: list[Evidence]) -> _Text | None:
        """The strongest and a context or prompt beside it, where far more rows than texts are told apart by it."""
        best = found[0].facts
        if best.kind != "text" or best.family != "prompt" or len(self.fields) < 4:
            return None
        texts = self.fields[best.name].map(str)
        different = texts.nunique()
        if different * 2 > len(self.fields):
            return None
        for one in found[1:]:
            facts = one.facts
            if facts.kind != "text" or facts.family not in ("context", "prompt") or facts.mean_words < 2:
                continue
            together = int((~pd.DataFrame({"a": texts, "b": self.fields[facts.name].map(str)}).duplicated()).sum())
            if together >= 1.5 * different:
                order = (facts.name, best.name) if facts.family == "context" else (best.name, facts.name)
                reason = f"{len(self.fields):,} rows hold {different:,} different {best.name}; {facts.name} tells them apart"
                return _Text(order, "joined", reason)
        return None

    def _form(self, fields: tuple[str, ...]) -> TextForm:
        """What the fields are as the text."""
        chats = [self.of[name].kind == "chat" for name in fields]
        if self.schema != "generic" or not any(chats):
            return "joined" if len(fields) > 1 else "text"
        if len(fields) == 1:
            return "chat"
        return "preference" if self._is_pair(fields) and all(chats) else "joined"

    def _is_pair(self, fields: Sequence[str]) -> bool:
        """Whether two chats begin alike in nearly all rows."""
        if len(fields) != 2:
            return False
        head = self.fields.iloc[:: max(1, len(self.fields) // 100)]
        columns = [[read_turns(value, name_words=self.of[name].words) or () for value in head[name]] for name in fields]
        alike = [bool(shared_turns(pair)) for pair in zip(*columns, strict=True) if all(pair)]
        return bool(alike) and sum(alike) >= 0.9 * len(alike)

    def _endings(self) -> tuple[str, ...]:
        by_lower = {name.lower(): name for name in reversed(self.of)}
        for pair in _ENDINGS:
            if all(name in by_lower and self.of[by_lower[name]].bears_text for name in pair):
                return tuple(by_lower[name] for name in pair)
        return ()

    # The options and the key

    def _choices(
        self, wanted: tuple[str, ...] | None, label: tuple[str, ...] | None, text: _Text
    ) -> tuple[tuple[str, ...], Key | None, bool]:
        """(fields of the options, how the label names one, whether they stand in the text)."""
        if wanted == ():
            return (), None, False
        candidates = [wanted] if wanted else [*self._choice_candidates(text)]
        unnamed: tuple[str, ...] = ()
        for fields in candidates:
            options = row_options(self.fields, fields)
            key = self._key(label, fields, options)
            if key or wanted:
                return fields, key, False
            is_list = len(fields) == 1 and self.of[fields[0]].key != "answer"
            unnamed = unnamed or (fields if is_list or self._are_options(fields) else ())
        if unnamed or self.schema != "generic" or text.form != "text":
            return unnamed, None, False
        options = [inside(value) if isinstance(value, str) else None for value in self.fields[text.fields[0]]]
        if sum(one is not None for one in options) >= 0.9 * max(1, len(options)):
            key = self._key(label, (), options, forms=("letter",))
            return (), key, key is not None
        return (), None, False

    def _choice_candidates(self, text: _Text) -> Iterator[tuple[str, ...]]:
        free = [one for one in self.facts if one.name not in self.taken and one.name not in text.fields]
        for wanted in _CHOICES:
            for one in free:
                if one.key == wanted or (one.words and one.words[-1] == wanted != "answer" and one.family != "key"):
                    values = self.fields[one.name].head(50)
                    if any(isinstance(value, (list, dict)) for value in values) or _are_written(values):
                        yield (one.name,)
        names = [one.name for one in free if one.kind not in ("list", "object", "chat", "empty")]
        if fields := option_fields(names):
            yield fields
        yield from self._unnamed_options(text)

    def _unnamed_options(self, text: _Text) -> Iterator[tuple[str, ...]]:
        """Of a table without a header (columns a, b, c …): those between the text and the last."""
        names = [one.name for one in self.facts]
        if len(names) >= 4 and names == [chr(ord("a") + at) for at in range(len(names))] and text.fields == ("a",):
            yield tuple(names[1:-1])

    def _are_options(self, fields: tuple[str, ...]) -> bool:
        return any(name.lower().startswith(("option", "choice", "ending")) or name in "ABCDEFGHIJ" for name in fields)

    def _key(
        self,
        label: tuple[str, ...] | None,
        fields: tuple[str, ...],
        options: list[RowOptions | None],
        *,
        forms: tuple[str, ...] = (),
    ) -> Key | None:
        if label == ():
            return None
        if any(row and row.scores for row in options):
            return find_key(fields[0], [1] * len(options), options)
        listed = list(label or self._key_candidates(fields))
        found = (find_key(name, self.fields[name].tolist(), options) for name in listed)
        return next((key for key in found if key and (not forms or key.form in forms)), None)

    def _key_candidates(self, fields: tuple[str, ...]) -> list[str]:
        free = [one for one in self.facts if one.name not in self.taken and one.name not in fields and one.filled > 0]
        ranked = [one for one in free if one.key in _LABEL or one.family == "key"]
        ranked.sort(key=lambda one: (_LABEL.index(one.key) if one.key in _LABEL else len(_LABEL), one.key, one.name))
        last = [one for one in free if fields and fields == tuple(f.name for f in self.facts[1:-1]) and one is self.facts[-1]]
        return [one.name for one in [*ranked, *last]]

    def _choice_reason(self, wanted: tuple[str, ...] | None, fields: tuple[str, ...]) -> tuple[str]:
        if wanted:
            return ("as chosen",)
        return (f"{len(fields)} fields of one option each",) if len(fields) > 1 else ("a known name of options, and it holds them",)

    # The other roles

    def _label(self, wanted: tuple[str, ...] | None, key: Key | None) -> str | None:
        if wanted == ():
            return None
        if key:
            reason = f"{'as chosen, ' if wanted else ''}names one of the options by its {key.form}"
            self._take("label", (key.field,), reason)
            self.notes.append(_key_note(key, self.fields))
            return key.field
        if wanted:
            self._take("label", wanted, "as chosen")
            return wanted[0]
        fitting = [*self._fitting(_LABEL, _is_label), *self._fitting(_LABEL_IF_FEW, _is_class)]
        named = (one for one in self.facts if one.words and one.words[-1] == "label" and one.name not in self.taken)
        fitting += sorted(
            (one for one in named if one not in fitting and _is_class(self.fields[one.name])), key=lambda one: one.name
        )
        if not any(one.family == "key" and one.filled for one in self.facts):  # beside a key, a category is a group
            fitting += self._fitting(_LABEL_LAST, _is_label)
        return self._first("label", fitting, "label")

    def _reference(self, wanted: tuple[str, ...] | None, label: str | None, key: Key | None) -> None:
        """The right answers of free questions: nearly every row has its own."""
        if key or wanted or self.schema != "generic":
            return
        candidates = (
            [label] if label else [one.name for one in self._named(_REFERENCE) if one.kind in ("text", "number", "list", "mixed")]
        )
        for name in candidates:
            facts = self.of[name]
            if facts.family == "key" and facts.sampled >= 4 and facts.distinct > 0.5 * facts.sampled:
                reason = f"an answer beside the text, {facts.distinct} different in {facts.sampled} rows looked at"
                self._take("reference", (name,), reason)
                return

    def _plain_role(
        self, role: str, wanted: tuple[str, ...] | None, names: Sequence[str], fits: Callable[[pd.Series], bool]
    ) -> None:
        if wanted == ():
            return
        if wanted:
            self._take(role, wanted, "as chosen")
            return
        fitting = [*self._fitting(names, fits)]
        if role == "id":
            more = (one for one in self.facts if one.family == "id" and one.key not in names and one.name not in self.taken)
            unique = [one for one in more if one.kind in ("text", "number") and one.distinct >= 0.95 * max(1, one.sampled)]
            fitting += sorted(unique, key=lambda one: (len(one.name), one.name))
        if role == "group":
            more = (one for one in self.facts if one.family == "group" and one.key not in names and one.name not in self.taken)
            several = [one for one in more if one.distinct > 1 and _is_class(self.fields[one.name])]
            fitting += sorted(several, key=lambda one: (-one.distinct, one.name))
        self._first(role, fitting, role)

    def _first(self, role: str, fitting: Sequence[FieldFacts], what: str) -> str | None:
        if not fitting:
            return None
        first, second = fitting[0], fitting[1] if len(fitting) > 1 else None
        values = f"{first.distinct} different in {first.sampled} rows looked at"
        beside = ((second.name,), f"also a name of {_article(what)} {what}") if second else ((), "")
        self._take(role, (first.name,), f"a known name of {_article(what)} {what}, {values}", *beside)
        return first.name

    def _fitting(self, names: Sequence[str], fits: Callable[[pd.Series], bool]) -> Iterator[FieldFacts]:
        return (one for one in self._named(names) if fits(self.fields[one.name]))

    def _named(self, names: Sequence[str]) -> Iterator[FieldFacts]:
        for wanted in names:
            here = [one for one in self.facts if one.key == wanted and one.name not in self.taken]
            yield from sorted(here, key=lambda one: (one.distinct <= 1, len(one.name), one.name != one.name.lower(), one.name))

    # What is told

    def _variants(self, text: _Text, key: Key | None) -> tuple[str, ...]:
        """Key-like and context-like fields beside the text, and options that a key names; in a known schema all is in the label."""
        if self.known:
            return ()
        listed = [one.name for one in self.facts if one.family in ("key", "context") and one.filled > 0]
        if key:
            listed += [field for one in self.told if one.role in ("choices", "label") for field in one.fields]
        return tuple(name for name in dict.fromkeys(listed) if name not in text.fields)

    def _note_form(self, text: _Text, endings: tuple[str, ...]) -> None:
        said = {"last-user": "the last user turn", "first-user": "the first user turn", "all": "all turns"}[self.options.turn]
        if text.form == "chat":
            self.notes.append(f"{text.fields[0]} is read as a chat: the text is {said}.")
        if text.form == "preference":
            self.notes.append(
                f"{' and '.join(text.fields)} are a preference pair: the text is {said} of the prompt that they share."
            )
        elif endings:
            self.notes.append(f"{' and '.join(endings)} are a preference pair: shown beside the text.")
        if text.form == "joined":
            embedded = self.options.embed if self.options.embed not in (None, "all") else None
            which = f"only {embedded} is embedded" if embedded else "embedded as a whole"
            self.notes.append(f"{' and '.join(text.fields)} are one text, a blank line between, an empty one left out; {which}.")

    def _take(self, role: str, fields: tuple[str, ...], reason: str, after: tuple[str, ...] = (), why: str = "") -> None:
        self.told.append(RoleReading(role, fields, reason, after, why))
        self.taken |= set(fields)

    def _schema(self) -> tuple[str, dict[str, str]]:
        by_lower = {name.lower(): name for name in reversed(self.of)}
        for name, needed, roles in _KNOWN:
            if needed <= set(by_lower):
                return name, {role: by_lower[field] for role, field in roles.items()}
        return "generic", {}

    def _wanted(self, role: str) -> tuple[str, ...] | None:
        """The fields that the options name for a role; () for none, None where it is to be detected."""
        wanted = getattr(self.options, role)
        if wanted is None or (role == "text" and not wanted):
            return None
        if not wanted:
            return ()
        parts = (wanted,) if wanted in self.of else tuple(part.strip() for part in wanted.split(",") if part.strip())
        if role not in ("text", "choices") and wanted not in self.of:
            parts = (wanted,)
        for part in parts or (wanted,):
            if part not in self.of:
                found = _listed(self.fields)
                raise DatasetError(
                    f"{self.file.source}: no field {part!r} for the {role} (found: {found}). Choose one of these.", role
                )
        return parts


def row_options(fields: pd.DataFrame, names: tuple[str, ...]) -> list[RowOptions | None]:
    """The options of every row, from one field that holds them all, or from one field an option."""
    if len(names) == 1:
        return [options_of(value) for value in fields[names[0]].tolist()]
    found: list[RowOptions | None] = []
    for values in zip(*(fields[name].tolist() for name in names), strict=True):
        present = [str(value).strip() for value in values if value is not None and value is not pd.NA and not _is_nan(value)]
        found.append(RowOptions(tuple(present)) if len(present) >= 2 else None)
    return found


def _key_note(key: Key, fields: pd.DataFrame) -> str:
    if key.form in ("index", "index from 1"):
        values = pd.to_numeric(fields[key.field].explode(), errors="coerce").dropna()
        base = 1 if key.form == "index from 1" else 0
        return f"{key.field} {values.min():.0f}–{values.max():.0f} is read as an index into the options, counted from {base}."
    said = {"letter": "the letter of an option", "label": "the label of an option", "text": "the text of an option"}
    return f"{key.field} is read as {said.get(key.form, 'the scores of the options; the highest is right')}."


def _stands_inside(inner: Sequence[object], outer: Sequence[object]) -> bool:
    both = [(a.strip(), b) for a, b in zip(inner, outer, strict=True) if isinstance(a, str) and isinstance(b, str) and a.strip()]
    return bool(both) and sum(a in b for a, b in both) >= 0.9 * len(both)


def _are_written(values: pd.Series) -> bool:
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    return bool(texts) and sum(options_of(text) is not None for text in texts) >= 0.9 * len(texts)


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _any(column: pd.Series) -> bool:
    return True


def _is_label(column: pd.Series) -> bool:
    values = column.dropna().head(1000)
    distinct = {str(value) for value in values}
    if len(distinct) > max(20, len(values) // 3):  # nearly every row its own: free text or a key, not a label
        return False
    return bool(len(values)) and all(isinstance(v, (str, bool, int)) or (isinstance(v, float) and v.is_integer()) for v in values)


def _is_class(column: pd.Series) -> bool:
    """A label whose values repeat: names of fields that mostly hold free text must show it."""
    values = column.dropna().head(1000)
    return _is_label(column) and 4 <= 2 * len({str(value) for value in values}) <= len(values)


def _is_ratio(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) and column.notna().any()) and bool(column.dropna().between(0, 1).all())


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _listed(fields: pd.DataFrame) -> str:
    names = [str(name) for name in fields.columns]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
