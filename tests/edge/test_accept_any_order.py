"""Whatever is read, in whatever order and at whatever time, an accepted reading is one that the rules allow."""

import re
from decimal import Decimal, localcontext

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.reading_rules import MOST_CHARACTERS, Agreement, Rules
from edge.accept import SEPARATE_NS, Acceptance, Accepted, GaveWay, Refused, Unchanged

MEMORY = {
    "only_rising": st.just(True),
    "largest_step": st.sampled_from([0.1, 1.0, 7.0]),
    "max_rejections": st.none() | st.integers(1, 3),
    "decimals": st.integers(0, 3),
}
ALONE = {
    "length": st.integers(2, 3) | st.tuples(st.integers(1, 3), st.integers(3, 200)).map(list),
    "pattern": st.sampled_from([r"0\d+|1.*", r"[0-4]+", r"(\d+)+"]),
    "checksum": st.just("luhn"),
    "least": st.sampled_from([0, 0.1, 1]),
    "most": st.sampled_from([5, 20, 99.5, 1000]),
    "min_confidence": st.just(0.5),
    "agreement": st.just(Agreement(2, 3)),
}


@st.composite
def some_rules(draw: st.DrawFn) -> Rules:
    """Rules with memory, and one or none of the others, so that readings get past them often enough."""
    others = draw(st.sets(st.sampled_from(list(ALONE)), max_size=1))
    given = {key: draw(choices) for key, choices in ALONE.items() if key in others}
    kept = draw(st.sets(st.sampled_from(list(MEMORY)), min_size=1))
    return Rules(**given | {key: draw(choices) for key, choices in MEMORY.items() if key in kept})


TEXTS = st.one_of(
    st.integers(0, 120).map(lambda number: f"{number:03}"),
    st.integers(0, 12).map(lambda number: f"{number:03}"),
    st.integers(0, 12).map(str),
    st.sampled_from(["", "0", "9", "99", "999", "000", "1X", "٣", "4" * 200, "4" * (MOST_CHARACTERS + 1)]),
)


def allowed_by_itself(rules: Rules, text: str) -> bool:
    """Whether no rule on one reading alone is broken, worked out another way than in the code."""
    least, most = (
        rules.length if isinstance(rules.length, list) else (rules.length or 1, rules.length or MOST_CHARACTERS)
    )
    numbers = rules.only_rising or {rules.least, rules.most, rules.largest_step} != {None}
    if not least <= len(text) <= most or (
        rules.pattern and not re.fullmatch(rules.pattern.replace("(\\d+)+", "\\d+"), text, re.ASCII)
    ):
        return False
    if (numbers or rules.checksum) and not re.fullmatch("[0-9]+", text):
        return False
    if rules.checksum:
        doubled = [int(digit) * 2 for digit in text[-2::-2]]
        total = sum(map(int, text[-1::-2])) + sum(number - 9 if number > 9 else number for number in doubled)
        if total % 10 or len(text) < 2:
            return False
    value = worth(rules, text) if numbers else Decimal(0)
    above = rules.least is None or value >= Decimal(repr(rules.least))
    return above and (rules.most is None or value <= Decimal(repr(rules.most)))


def allowed_after(rules: Rules, before: str, text: str) -> bool:
    """Whether no rule that compares with the reading before is broken."""
    if not rules.only_rising and rules.largest_step is None:
        return True
    step, turn = worth(rules, text) - worth(rules, before), Decimal(10) ** (len(text) - rules.decimals)
    if rules.only_rising and step < 0:
        step += turn
        unit = Decimal(10) ** -rules.decimals
        if len(text) != len(before) or (step >= turn / 10 and step != unit):
            return False
    return rules.largest_step is None or abs(step) <= Decimal(repr(rules.largest_step))


def worth(rules: Rules, text: str) -> Decimal:
    return Decimal(text).scaleb(-rules.decimals)


class AnyOrder(RuleBasedStateMachine):
    """One region, and beside it only what was told of it."""

    @initialize(rules=some_rules())
    def start(self, rules: Rules) -> None:
        self.rules = rules
        self.acceptance = Acceptance(rules)
        self.accepted = ""
        self.now_ns = 0
        self.votes: list[str | None] = []
        self.compared: list[int] = []
        """When readings were refused by what was accepted before, since that was last read or changed."""

    @rule(text=st.none() | TEXTS)
    def vote(self, text: str | None) -> None:
        self.acceptance.vote(text)
        self.votes.append(text)

    @rule(
        text=TEXTS,
        confidence=st.sampled_from([0.0, 0.49, 0.5, 1.0, float("nan")]),
        passed_ns=st.sampled_from([0, 1, SEPARATE_NS - 1, SEPARATE_NS, 10 * SEPARATE_NS, -5 * SEPARATE_NS]),
    )
    def offer(self, text: str, confidence: float, passed_ns: int) -> None:
        with localcontext(prec=300):
            self.check(text, confidence, passed_ns)

    @rule(text=TEXTS, times=st.integers(1, 6), passed_ns=st.sampled_from([SEPARATE_NS // 3, SEPARATE_NS, SEPARATE_NS]))
    def stay(self, text: str, times: int, passed_ns: int) -> None:
        """A reading that is seen for a while."""
        for _ in range(times):
            self.vote(text)
            self.offer(text, 1.0, passed_ns)

    @precondition(lambda self: self.accepted.isdecimal() and self.accepted.isascii())
    @rule(step=st.integers(-3, 3))
    def go_on(self, step: int) -> None:
        """A meter that goes on, or back, and wraps."""
        width = len(self.accepted)
        self.stay(f"{(int(self.accepted) + step) % 10**width:0{width}}", 2, SEPARATE_NS)

    @rule()
    def restart(self) -> None:
        self.acceptance = Acceptance(self.rules, self.accepted)
        self.votes, self.compared = [], []

    def check(self, text: str, confidence: float, passed_ns: int) -> None:
        self.now_ns += passed_ns
        outcome = self.acceptance.offer(text, confidence, self.now_ns)
        sure = self.rules.min_confidence is None or confidence >= self.rules.min_confidence
        wanted = self.rules.agreement
        agreed = not wanted or self.votes[-wanted.of :].count(text) >= wanted.frames
        alone = allowed_by_itself(self.rules, text) and sure and agreed
        after = not alone or not self.accepted or allowed_after(self.rules, self.accepted, text)
        match outcome:
            case Unchanged():
                assert text == outcome.text == self.accepted
                self.compared = []
            case Accepted():
                assert alone
                assert after
                assert (outcome.text, outcome.before) == (text, self.accepted)
                assert text != self.accepted
                self.accepted, self.compared = text, []
            case Refused():
                assert not (alone and after)
                assert outcome.text == text[:MOST_CHARACTERS]
                assert outcome.text != self.accepted or not text
                assert outcome.reason
                assert outcome.rule in Rules.__struct_fields__
                assert (outcome.rule in {"only_rising", "largest_step"}) >= (alone and not after)
                self.compared += [self.now_ns] * alone
            case GaveWay():
                assert alone
                assert not after
                assert (outcome.text, outcome.before) == (text, self.accepted)
                assert outcome.rule in {"only_rising", "largest_step"}
                assert self.rules.max_rejections is not None
                assert outcome.refusals == self.rules.max_rejections
                assert len(self.compared) >= outcome.refusals
                # Those that counted were separate.
                assert max(self.compared) - min(self.compared) >= (outcome.refusals - 1) * SEPARATE_NS
                self.accepted, self.compared = text, []
        assert self.acceptance.refused == (outcome if isinstance(outcome, Refused) else None)

    @invariant()
    def what_is_accepted_is_what_was_told(self) -> None:
        assert self.acceptance.accepted == self.accepted
        assert not self.accepted or allowed_by_itself(self.rules, self.accepted)

    @invariant()
    def memory_is_bounded(self) -> None:
        votes = self.acceptance._votes
        assert len(votes) <= (self.rules.agreement.of if self.rules.agreement else 0)
        refused, run = self.acceptance.refused, self.acceptance._run
        kept = [*(vote or "" for vote in votes), refused.text if refused else "", run.text if run else ""]
        assert max(map(len, kept)) <= MOST_CHARACTERS


AnyOrder.TestCase.settings = settings(max_examples=100, stateful_step_count=40)
TestAnyOrder = AnyOrder.TestCase
