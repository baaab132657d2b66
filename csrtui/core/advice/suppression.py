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
