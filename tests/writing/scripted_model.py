"""A model that writes rows of its own by the thousand, with faults planted among them, and judges rows by what they say.

What it replies is a function of the request alone (its text and its seed), so it is known beforehand which replies are faulty, and
a run that was killed and goes on gets what an undisturbed one gets. Its statements are put together from words of ours; whether one
is Yes or No shows in how it begins, which is what the filter's questions are answered by.

In this process: `StubServer(ScriptedModel().answer)`. As one of its own, so that its log outlives a killed client:
`python -m evalmap.tests.writing.scripted_model LOG [delay]` prints its port.
"""

import hashlib
import json
import math
import random
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from evalmap.tests.answers.stub_server import Asked, Reply, StubServer, error

BEHAVIOUR = "shares what it has with others"
EXAMPLES = {
    "Yes": "I would lend my last pen to anybody who asks.",
    "No": "I keep my sandwiches to myself on every trip.",
}

Fault = Literal["repeat", "near copy", "copy of an example", "contradiction", "wrong label", "malformed", "refusal", "cut off"]
FAULTS: Mapping[Fault, float] = {
    "repeat": 0.04,
    "near copy": 0.03,
    "copy of an example": 0.01,
    "contradiction": 0.01,
    "wrong label": 0.08,
    "malformed": 0.02,
    "refusal": 0.01,
    "cut off": 0.01,
}
POOL = 8  # statements of a label that repeats and near copies are drawn from

YES = [
    "I gladly", "I always offer to", "It pleases me to", "I go out of my way to", "Nothing stops me when I can", "I am happy to",
    "I make time to", "People know that I readily",
]  # fmt: skip
NO = [
    "I refuse to", "I see no reason to", "It annoys me to", "I avoid any chance to", "Nobody could make me", "I dislike having to",
    "I find excuses before I", "People know that I hardly ever",
]  # fmt: skip
ACTS = ["lend", "give away", "hand over", "pass on", "share", "offer up", "part with", "spare", "let go of", "send along"]
THINGS = (
    "umbrella bicycle raincoat toolbox telescope notebook guitar kettle ladder tent saddle lantern blanket compass wheelbarrow "
    "typewriter canoe microscope sewing-machine paintbrush hammock harmonica chessboard thermos spade rucksack accordion easel "
    "fishing-rod skateboard dictionary camera cello teapot snowshoes projector loom barometer anvil kaleidoscope"
).split()
WHOM = (
    "a stranger on the ferry; the new colleague from accounting; my youngest cousin; an exhausted nurse; two lost tourists; "
    "the neighbour upstairs; a visiting choir; some quarrelling twins; our retired postman; the village baker; an impatient "
    "taxi driver; a shy apprentice; the whole rowing club; my former landlady; a wandering violinist; the night watchman; "
    "an elderly beekeeper; several hungry campers; the substitute teacher; a soaked cyclist; my rival at chess; the "
    "lighthouse keeper; a busy plumber; some noisy students"
).split("; ")
WHEN = (
    "before breakfast; during a thunderstorm; on the last day of the month; while moving house; at the end of a long shift; "
    "in the middle of an exam; after losing my wallet; on a crowded platform; when the power fails; halfway through dinner; "
    "at the airport gate; in front of cameras; under a leaking roof; whenever snow blocks the road; between rehearsals; on "
    "my own birthday; in a foreign harbour; once the shops have closed; throughout harvest; at a funeral"
).split("; ")
WHY = (
    "because friendship matters; since money is tight; as my grandfather taught; whatever the weather; even if gossip "
    "follows; though it costs an afternoon; without expecting thanks; no matter who watches; so that tempers cool; despite "
    "old quarrels; as long as daylight lasts; for the sake of peace; although rules forbid it; with hardly a word; because "
    "habits die slowly; until somebody notices; since promises bind; as though nothing had happened; to keep things simple; "
    "even on holiday"
).split("; ")

STATEMENT = re.compile(rf"(?P<opener>{'|'.join(sorted([*YES, *NO], key=len, reverse=True))}) (?P<rest>[^\n\"“”]+?\.)")
CHOICES = {"Yes": "I share it at once", "No": "I keep it to myself"}  # of a question


@dataclass(frozen=True)
class Draw:
    """What a row of a reply will be: `text` of the model's own, with the label that was asked for and the fault planted in it."""

    text: str
    label: str
    fault: Fault | None


def number(*of: object) -> int:
    """A whole number below 2^64 that is drawn by what it is of."""
    return int.from_bytes(hashlib.sha256(json.dumps(of).encode()).digest()[:8])


def statement(truth: str, *of: object, near: bool = False) -> str:
    """One of 30 million statements that are Yes or No; or the one that says the same in another order of its words."""
    dice = random.Random(number("statement", *of))
    opener, act, thing = dice.choice(YES if truth == "Yes" else NO), dice.choice(ACTS), dice.choice(THINGS)
    whom, when = dice.choice(WHOM), dice.choice(WHEN)
    rest = f"{when} to {whom}" if near else f"to {whom} {when}"
    return f"{opener} {act} my {thing} {rest} {dice.choice(WHY)}."


def example(label: str) -> str:
    """The example of a label that a plan shows."""
    return EXAMPLES[label] if label in EXAMPLES else question_of(EXAMPLES["Yes" if label == "(A)" else "No"], label)


def truth_of(text: str) -> str | None:
    """Yes or No: what the last statement in a text is; None where there is none of ours. A question: which answer shares."""
    shares, keeps = text.rfind(CHOICES["Yes"]), text.rfind(CHOICES["No"])
    if shares >= 0 and keeps >= 0:
        return "A" if shares < keeps else "B"
    found = list(STATEMENT.finditer(text))
    return ("Yes" if found[-1]["opener"] in YES else "No") if found else None


def label_asked_for(prompt: str) -> str:
    """What the shipped templates ask for; of a template of one's own, what it says after "label:"."""
    if named := re.search(r"label: *(Yes|No|\(A\)|\(B\))", prompt):
        return named[1]
    if named := re.search(r"(\([AB]\)) (?:must be the one|is the one)", prompt):
        return named[1]
    return "No" if "disagree with" in prompt else "Yes"


def rows_asked_for(prompt: str) -> int:
    """How many rows a reply is to hold, as the shipped templates say it."""
    many = re.search(r"Write (\d+) (?:different|more)", prompt)
    return int(many[1]) if many else 1


@dataclass
class ScriptedModel:
    """Writes, judges, and is in a bad mood now and then.

    Parameters
    ----------
    shares : of each fault, 0 to 1; what is left is clean
    confident : P(the truth) that it gives at least, and at most, to a filter's question
    too_fast, bad_moment : share of requests that get 429, and 500, before they are answered
    """

    shares: Mapping[Fault, float] = field(default_factory=lambda: dict(FAULTS))
    confident: tuple[float, float] = (0.7, 0.99)
    too_fast: float = 0.0
    bad_moment: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def answer(self, asked: Asked) -> Reply:
        drawn = self.dice.random()
        if drawn < self.too_fast:
            return error(429, "too fast", headers={"Retry-After": "0.02"})
        if drawn < self.too_fast + self.bad_moment:
            return error(500, "a bad moment")
        return self.judge(asked) if is_judging(asked) else self.write(asked)

    def draws(self, prompt: str, seed: int | None) -> list[Draw]:
        """The rows of the reply to a request."""
        label = label_asked_for(prompt)
        return [self._draw(label, prompt, seed, row) for row in range(rows_asked_for(prompt))]

    def _draw(self, label: str, *of: object) -> Draw:
        question = label.startswith("(")
        truth = "Yes" if question else label
        other = "No" if truth == "Yes" else "Yes"
        fault = self._fault(*of)
        of_pool = number("pool", *of) % POOL
        if fault == "repeat":
            text = statement(truth, "pool", truth, of_pool)
        elif fault == "near copy":
            text = statement(truth, "pool", truth, of_pool, near=True)
        elif fault == "copy of an example":
            text = example(label).upper()
        elif fault == "contradiction":  # what the pool of the other label holds; a question of the pool, with its answers swapped
            text = statement(truth if question else other, "pool", truth if question else other, of_pool)
        elif fault == "wrong label":
            text = statement(truth if question else other, *of)
        elif fault == "malformed":
            text = ["", "Here is a statement that fits:", "Sure."][number("malformed", *of) % 3]
        elif fault == "refusal":
            text = "I'm sorry, but I can't write that."
        else:
            text = statement(truth, *of)
        if question and fault not in ("malformed", "refusal", "copy of an example"):
            text = question_of(text, label, swapped=fault in ("wrong label", "contradiction"))
        return Draw(text, label, fault)

    def _fault(self, *of: object) -> Fault | None:
        drawn = number("fault", *of) / 2**64
        for fault, share in self.shares.items():
            if drawn < share:
                return fault
            drawn -= share
        return None

    def write(self, asked: Asked) -> Reply:
        drawn = self.draws(asked.text, asked.body.get("seed"))
        cut_off = drawn[-1].fault == "cut off"
        text = "\n".join(one.text for one in drawn)
        return _reply(asked, text[: -len(drawn[-1].text) // 2] if cut_off else text, "length" if cut_off else "stop")

    def p_matching(self, text: str, option: str) -> float:
        """P(option) that it gives to a text's last statement, or question."""
        truth = truth_of(text)
        low, high = self.confident
        p = low + (high - low) * number("p", _judged(text)) / 2**64
        return p if option.strip(" ()") == truth else 1 - p

    def judge(self, asked: Asked) -> Reply:
        """Log-probabilities of Yes and No, or of A and B."""
        options = ("A", "B") if truth_of(asked.text) in ("A", "B") else ("Yes", "No")
        lead = " " if asked.text.endswith(":") else ""
        tops = {f"{lead}{one}": math.log(0.98 * self.p_matching(asked.text, one)) for one in options} | {"The": math.log(0.02)}
        best = max(tops, key=lambda token: tops[token])
        if "prompt" in asked.body:
            told: dict[str, Any] = {"tokens": [best], "token_logprobs": [tops[best]], "top_logprobs": [tops]}
        else:
            top = [{"token": token, "logprob": p} for token, p in tops.items()]
            told = {"content": [{"token": best, "logprob": tops[best], "top_logprobs": top}]}
        return _reply(asked, best, "length", logprobs=told)


def is_judging(asked: Asked) -> bool:
    """Whether a request asks for log-probabilities, as a filter does."""
    return bool(asked.body.get("logprobs"))


def _judged(text: str) -> str:
    found = list(STATEMENT.finditer(text))
    return found[-1][0] if found else ""


def question_of(text: str, label: str, *, swapped: bool = False) -> str:
    """A question about what a statement tells; the answer of the label shares, but where they are swapped."""
    first = "Yes" if (label == "(A)") != swapped else "No"
    second = "No" if first == "Yes" else "Yes"
    return f"Somebody says: {text} What would you do in this place?\n(A) {CHOICES[first]}\n(B) {CHOICES[second]}"


def _reply(asked: Asked, text: str, finish_reason: str, **more: Any) -> Reply:
    said = {"text": text} if "prompt" in asked.body else {"message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": len(asked.text) // 4, "completion_tokens": max(1, len(text) // 4)}
    return Reply({"choices": [{"index": 0, "finish_reason": finish_reason, **said, **more}], "usage": usage})


def main() -> None:
    """A process of its own: slow by up to `delay` seconds, and now and then failing as servers do."""
    log, delay = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    model, dice = ScriptedModel(too_fast=0.02, bad_moment=0.01), random.Random(8)

    def slow(asked: Asked) -> Reply:
        time.sleep(dice.uniform(0, delay))
        return model.answer(asked)

    server = StubServer(slow, log=log)
    print(server.port, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
