"""Which finding makes which others superfluous: one cause, one finding.

A code on the left that applies to a name or field silences the codes on the right for the same one, unless
that would hide what stands in the way of the request behind something that does not (`rule.judge`).
"""

from collections.abc import Mapping
from typing import Final

_TWINS: Final = frozenset({"www-not-covered", "bare-not-covered", "wildcard-bare-not-covered"})
_SAID_BEFORE: Final = frozenset({
    "wildcard-redundant", "wildcard", "reserved-name", "mixed-script", "international", "upper-case", "ip-address",
})  # fmt: skip
_ANY_FIELD: Final = frozenset({
    "edge-space", "placeholder", "portal-character", "html-entity", "encoding-damage",
    "country-unknown", "state-abbreviated", "unit-retired",
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
    # What is reserved for examples and tests is in no public list; for a private CA that is no second cause.
    "reserved-name": frozenset({"internal-name"}),
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
    "placeholder": frozenset({"portal-character", "unit-retired", "state-abbreviated"}),
    "html-entity": frozenset({"portal-character"}),
    "country-unknown": frozenset(
        {"length", "placeholder", "portal-character", "html-entity", "encoding-damage"}
    ),
}
"""For subject fields."""
