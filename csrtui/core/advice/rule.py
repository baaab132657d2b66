"""What a rule is: a row of a table that says when, how grave, in which words, and who says so."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Generic, NamedTuple, TypeVar

from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Level

Case = TypeVar("Case")


class Hit(NamedTuple):
    """That a rule applies.

    Attributes:
        words: What the rule's text names, by its placeholders; safe to show.
        fix: The change that would settle it, or None.
    """

    words: Mapping[str, object] = MappingProxyType({})
    fix: Fix | None = None


class Rule(NamedTuple, Generic[Case]):
    """One row.

    Attributes:
        code: The finding's code.
        public: Its level for a public CA; None: silent.
        private: Its level for a private CA; None: silent.
        text: One sentence with placeholders for the words of a `Hit`.
        find: Says whether the rule applies to a case.
        source: Where the rule comes from.
        private_text: The sentence for a private CA, where the consequence is another one.
        forceable: Whether X.509 can hold it, so that ``--force`` may overrule an error.
    """

    code: str
    public: Level | None
    private: Level | None
    text: str
    find: Callable[[Case], Hit | None]
    source: str
    private_text: str | None = None
    forceable: bool = True

    def level(self, ca: CaKind) -> Level | None:
        """The level for one kind of CA."""
        return self.public if ca is CaKind.PUBLIC else self.private

    def hindrance(self, ca: CaKind) -> int:
        """How much it stands in the way: 0 not at all, 1 until it is overruled, 2 whatever the user says."""
        if self.level(ca) is not Level.ERROR:
            return 0
        return 1 if self.forceable else 2

    def finding(self, hit: Hit, ca: CaKind, where: FieldName, value: str) -> Finding:
        """The finding that a hit makes; the rule must not be silent for this CA."""
        level = self.level(ca)
        assert level is not None  # noqa: S101 - `judge` asks no silent rule
        template = self.private_text if ca is CaKind.PRIVATE and self.private_text else self.text
        text = template.format_map(hit.words)
        fix = None if hit.fix and hit.fix.ca is ca else hit.fix  # there is nothing to switch to
        return Finding(self.code, level, where, value, text, fix, self.forceable)


class Verdict(NamedTuple, Generic[Case]):
    """A rule that applies, and how."""

    rule: Rule[Case]
    hit: Hit


def judge(
    rules: Iterable[Rule[Case]], case: Case, ca: CaKind, silences: Mapping[str, frozenset[str]]
) -> Iterator[Verdict[Case]]:
    """Ask every rule about one case, and drop what another rule that applies has said already.

    Args:
        rules: The table.
        case: What they are asked about.
        ca: The kind of CA; rules silent for it are not asked.
        silences: For a code that applies, the codes that are then not said: one cause, one finding. What
            stands in the way more than the silencing one is said nevertheless: a warning hides no error. Of
            two that silence each other and stand in the way alike, the first of the table is said.
    """
    verdicts = [
        Verdict(rule, hit)
        for rule in rules
        if rule.level(ca) is not None and (hit := rule.find(case)) is not None
    ]
    return (
        one
        for place, one in enumerate(verdicts)
        if not any(_silences(other, one, ca, silences, first=at < place) for at, other in enumerate(verdicts))
    )


def _silences(
    other: Verdict[Case],
    one: Verdict[Case],
    ca: CaKind,
    silences: Mapping[str, frozenset[str]],
    *,
    first: bool,
) -> bool:
    """Whether a verdict makes another one superfluous; see `judge`."""
    by, code = other.rule.code, one.rule.code
    if code not in silences.get(by, ()):
        return False
    gravity, weight = other.rule.hindrance(ca), one.rule.hindrance(ca)
    return gravity > weight or (gravity == weight and (first or by not in silences.get(code, ())))


_TWINS: Final = frozenset({"www-not-covered", "bare-not-covered", "wildcard-bare-not-covered"})
_SAID_BEFORE: Final = frozenset({
    "wildcard-redundant", "wildcard", "reserved-name", "mixed-script", "international", "upper-case", "ip-address",
})  # fmt: skip
_ANY_FIELD: Final = frozenset({
    "edge-space", "placeholder", "portal-character", "place-character", "html-entity", "encoding-damage",
    "invisible-character", "country-unknown", "state-abbreviated", "unit-retired",
})  # fmt: skip

FLAW_SILENCES: Final[Mapping[str, frozenset[str]]] = {
    "label-length": frozenset({"name-length"}),
    "international-invalid": frozenset({"name-length"}),
}
"""For names that cannot be written."""

NAME_SILENCES: Final[Mapping[str, frozenset[str]]] = {
    # The spelling: the note on A-labels shows the lower case too.
    "international": frozenset({"upper-case"}),
    # A second mention has nothing of its own to say.
    "duplicate": _SAID_BEFORE,
    # What is reserved has no public top-level domain either: one cause.
    "reserved-name": frozenset({"internal-name", "single-label"}),
    # Who cannot have a name at all does not hear how to have its twin.
    "public-suffix": frozenset({"single-label"}) | _TWINS,
    "internal-name": frozenset({"public-suffix", "wildcard-public-suffix"}),
    "reverse-zone": frozenset({"public-suffix", "wildcard-public-suffix"}) | _TWINS,
    "wildcard-public-suffix": frozenset({"wildcard", "single-label"}) | _TWINS,
    "onion": frozenset({"wildcard-public-suffix"}) | _TWINS,
    "reserved-label": _TWINS,
}
"""For names that can be written."""

FIELD_SILENCES: Final[Mapping[str, frozenset[str]]] = {
    "control-character": _ANY_FIELD,
    "invisible-character": frozenset({"encoding-damage", "placeholder"}),
    "placeholder": frozenset({"portal-character", "place-character", "unit-retired", "state-abbreviated"}),
    "place-character": frozenset({"portal-character"}),
    "html-entity": frozenset({"portal-character", "place-character"}),
    "country-unknown": frozenset(
        {"length", "placeholder", "portal-character", "html-entity", "encoding-damage", "invisible-character"}
    ),
}
"""For subject fields."""
