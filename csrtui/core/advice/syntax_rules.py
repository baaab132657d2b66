"""Rules about names that cannot be written: what `read_name` found, in words."""

import re
from collections.abc import Callable

from csrtui.core.advice.cases import NameCase
from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.base.escaping import character, quoted
from csrtui.core.base.finding import Fix, Level
from csrtui.core.names.international import in_punycode
from csrtui.core.names.name import DOTS, Flaw, FlawKind, Name, read_name
from csrtui.core.names.paste import host_inside
from csrtui.core.names.whitespace import trimmed

_STAR = "has its * in the wrong place: only the whole first label can be *"
_STARS = "has more than one *: only the whole first label can be one"


def _flaw(kind: FlawKind) -> Callable[[NameCase], Hit | None]:
    """A finder that looks for one kind of flaw, with what was plainly meant as its fix."""

    def find(case: NameCase) -> Hit | None:
        flaw = case.flaw(kind)
        if flaw is None:
            return None
        words = {
            "name": quoted(trimmed(case.name.typed)),
            "part": quoted(flaw.part),
            "character": character(flaw.part) if len(flaw.part) == 1 else "",
            "at": _place(flaw),
            "fault": _fault(case.name, flaw),
        }
        return Hit(words, _repair(case, flaw))

    return find


def _place(flaw: Flaw) -> str:
    """Where the character stands; what can go without being missed stands at an end."""
    if flaw.position:
        return f" at position {flaw.position}"
    return " at an end" if flaw.repaired is not None else ""


def _fault(name: Name, flaw: Flaw) -> str:
    """What exactly is wrong, where one kind of flaw has several causes."""
    bare = trimmed(name.typed)
    if flaw.kind is FlawKind.NOT_A_HOSTNAME:
        return "is not a bare host name" if host_inside(bare) else "contains no host name"
    if flaw.kind is FlawKind.WILDCARD_PLACE:
        if bare.strip(DOTS) == "*":
            return "needs a domain behind it"
        return _STARS if bare.count("*") > 1 else _STAR
    return ""


def _repair(case: NameCase, flaw: Flaw) -> Fix | None:
    if flaw.repaired is not None and read_name(flaw.repaired).text is not None:
        fix = case.replacing(flaw.repaired, f"write {quoted(flaw.repaired)}")
        if (
            fix and flaw.kind is FlawKind.NOT_A_HOSTNAME
        ):  # the port or the path may have been meant as something
            return Fix(fix.label, names=fix.names)
        return fix
    if flaw.kind is FlawKind.INTERNATIONAL_INVALID:
        return _in_punycode(case)
    return _two_names(case) if flaw.part.isspace() else None


def _in_punycode(case: NameCase) -> Fix | None:
    """Return the fix that writes emoji as browsers look them up; None where something else is wrong."""
    labels = re.split(f"[{DOTS}]", trimmed(case.name.typed))
    name = ".".join(map(in_punycode, labels))
    return case.instead((name,), f"write {quoted(name)}", safe=False) if read_name(name).text else None


def _two_names(case: NameCase) -> Fix | None:
    """Several whole names with blanks between them are several names."""
    parts = case.name.typed.split()
    if len(parts) == 1 or not all("." in part and read_name(part).text for part in parts):
        return None
    return case.instead(tuple(parts), f"write {len(parts)} names", safe=False)


def _row(kind: FlawKind, text: str, source: str) -> Rule[NameCase]:
    """A row: whatever the CA, X.509 cannot hold such a name."""
    return Rule(kind.value, Level.ERROR, Level.ERROR, text, _flaw(kind), source, forceable=False)


FLAW_RULES: tuple[Rule[NameCase], ...] = (
    _row(
        FlawKind.NOT_A_HOSTNAME,
        "{name} {fault}: remove scheme, user, port and path.",
        "RFC 5280 4.2.1.6",
    ),
    _row(FlawKind.SPACE, "{name} contains {character}{at}: not allowed in a host name.", "RFC 1123 2.1"),
    _row(
        FlawKind.TRAILING_DOT,
        "{name} ends with a dot: certificates contain names without it.",
        "RFC 5280 4.2.1.6, RFC 1034 3.5",
    ),
    _row(FlawKind.EMPTY_LABEL, "{name} has an empty label.", "RFC 1034 3.5"),
    _row(
        FlawKind.LABEL_LENGTH,
        "{part} is too long: a label may have at most 63 characters (in xn-- form).",
        "RFC 1035 2.3.4",
    ),
    _row(
        FlawKind.NAME_LENGTH,
        "{name} is too long: a host name may have at most 253 characters (in xn-- form).",
        "RFC 1035 2.3.4",
    ),
    _row(
        FlawKind.BAD_CHARACTER,
        "{name} contains {character}{at}: host names consist of letters, digits, hyphens and dots.",
        "RFC 1123 2.1",
    ),
    _row(
        FlawKind.HYPHEN_EDGE,
        "{part} begins or ends with a hyphen: not allowed in a host name.",
        "RFC 1123 2.1",
    ),
    _row(
        FlawKind.INTERNATIONAL_INVALID,
        "{name} is not a valid internationalized name (IDN).",
        "RFC 5891 4.2, UTS 46",
    ),
    _row(
        FlawKind.NUMERIC_TLD,
        "{name} is neither a host name nor an IP address: a host name cannot end in a number.",
        "RFC 1123 2.1, RFC 3696 2",
    ),
    _row(
        FlawKind.WILDCARD_PLACE,
        "{name} {fault}, as in *.mydomain.com.",
        "RFC 9525 6.3, BR 1.6.1",
    ),
)
"""One row for each `FlawKind`."""
