"""Rules about invalid names: a sentence and a fix for each kind of flaw that `read_name` finds."""

import re
from collections.abc import Callable

from csrtui.core.advice.placeholders import has_template
from csrtui.core.advice.rule import FOR_PERSON, PERSON_FIX, Hit, Rule
from csrtui.core.advice.rule_arguments import NameCase
from csrtui.core.base.escaping import describe_character, excerpt
from csrtui.core.base.finding import Fix, Level
from csrtui.core.names.host_name import DOTS, Flaw, FlawKind, to_punycode
from csrtui.core.names.name import Name, read_name
from csrtui.core.names.pasted_text import extract_host, trim

_SENTENCES = {FlawKind.EMAIL_INVALID, FlawKind.URI_INVALID, FlawKind.UPN_INVALID}
"""The flaws whose `part` is a clause in csrtui's own words, not a part of the name."""


_PLACEHOLDER = " It looks like a placeholder: write the real name."


def _check_for(kind: FlawKind) -> Callable[[NameCase], Hit | None]:
    """Return the check for one kind of flaw."""

    def check(case: NameCase) -> Hit | None:
        flaw = case.flaw(kind)
        if flaw is None:
            return None
        words = {
            "name": excerpt(trim(case.name.input)),
            "part": flaw.part if kind in _SENTENCES else excerpt(flaw.part),
            "character": describe_character(flaw.part) if len(flaw.part) == 1 else "",
            "position": _position(flaw),
            "problem": _problem(case.name, kind),
            "remark": _remark(case, flaw),
        }
        return Hit(words, _fix(case, flaw))

    return check


def _remark(case: NameCase, flaw: Flaw) -> str:
    """Return the sentence to add if a name looks like a placeholder or like the name of a person, otherwise ""."""
    if _is_placeholder(case):
        return _PLACEHOLDER
    return FOR_PERSON if _may_be_person(case, flaw) else ""


def _is_placeholder(case: NameCase) -> bool:
    name = trim(case.name.input)
    return bool(has_template(name) or re.fullmatch(r"<.+>|\[.+\]|\{.+\}", name))


def _may_be_person(case: NameCase, flaw: Flaw) -> bool:
    """Return whether a common name that contains a blank may be the name of a person."""
    is_inner_blank = flaw.kind is FlawKind.SPACE and bool(flaw.position)
    is_plain = "." not in case.name.input and not _is_placeholder(case)
    return is_inner_blank and case.position == 0 and is_plain


def _position(flaw: Flaw) -> str:
    """Return the position of the invalid character as a phrase, or "" if the position is unknown."""
    if flaw.position:
        return f" at position {flaw.position}"
    return " at the start or end" if flaw.correction is not None else ""


def _problem(name: Name, kind: FlawKind) -> str:
    """Return the exact problem if this kind of flaw has several causes, otherwise an empty string."""
    bare = trim(name.input)
    if kind is FlawKind.NOT_A_HOSTNAME:
        return "is not a bare host name" if extract_host(bare) else "contains no host name"
    if kind is not FlawKind.WILDCARD_PLACE:
        return ""
    if bare.strip(DOTS) == "*":
        return "needs a domain after it"
    if bare.count("*") > 1:
        return "has more than one *: only the whole first label can be *"
    return "has its * in the wrong place: only the whole first label can be *"


def _fix(case: NameCase, flaw: Flaw) -> Fix | None:
    correction = flaw.correction
    if correction is not None and read_name(correction).text is not None:
        is_safe = flaw.kind is not FlawKind.NOT_A_HOSTNAME  # the user may need the port or path
        return case.replace_fix(f"write {excerpt(correction)}", correction, safe=is_safe)
    if flaw.kind is FlawKind.INTERNATIONAL_INVALID:
        return _punycode_fix(case)
    if _may_be_person(case, flaw):
        return PERSON_FIX
    return _split_fix(case) if flaw.part.isspace() else None


def _punycode_fix(case: NameCase) -> Fix | None:
    """Return the fix that converts emoji to Punycode, as browsers do, or None if the name has other flaws."""
    labels = re.split(f"[{DOTS}]", trim(case.name.input))
    name = ".".join(map(to_punycode, labels))
    return case.replace_fix(f"write {excerpt(name)}", name) if read_name(name).text else None


def _split_fix(case: NameCase) -> Fix | None:
    """Return the fix that splits a text into the valid names in it, or None."""
    names = case.name.input.split()
    if len(names) == 1 or not all("." in name and read_name(name).text for name in names):
        return None
    return case.replace_fix(f"write {len(names)} names", *names)


def _row(kind: FlawKind, text: str, source: str) -> Rule[NameCase]:
    """Return the rule for one kind of flaw. It is an error for every CA: X.509 cannot represent the name."""
    return Rule(kind.value, Level.ERROR, Level.ERROR, text, _check_for(kind), source, forceable=False)


FLAW_RULES: tuple[Rule[NameCase], ...] = (
    _row(FlawKind.NOT_A_HOSTNAME, "{name} {problem}: remove scheme, user, port and path.{remark}", "RFC 5280 4.2.1.6"),
    _row(FlawKind.SPACE, "{name} contains {character}{position}: not allowed in a host name.{remark}", "RFC 1123 2.1"),
    _row(
        FlawKind.TRAILING_DOT, "{name} ends with a dot: certificates contain names without it.",
        "RFC 5280 4.2.1.6, RFC 1034 3.5",
    ),
    _row(FlawKind.EMPTY_LABEL, "{name} has an empty label.", "RFC 1034 3.5"),
    _row(
        FlawKind.LABEL_LENGTH, "{part} is too long: a label may have at most 63 characters (in xn-- form).",
        "RFC 1035 2.3.4",
    ),
    _row(
        FlawKind.NAME_LENGTH, "{name} is too long: a host name may have at most 253 characters (in xn-- form).",
        "RFC 1035 2.3.4",
    ),
    _row(
        FlawKind.BAD_CHARACTER,
        "{name} contains {character}{position}: host names consist of letters, digits, hyphens and dots.{remark}",
        "RFC 1123 2.1",
    ),
    _row(FlawKind.HYPHEN_EDGE, "{part} begins or ends with a hyphen: not allowed in a host name.", "RFC 1123 2.1"),
    _row(
        FlawKind.INTERNATIONAL_INVALID, "{name} is not a valid internationalized name (IDN).",
        "RFC 5891 4.2, UTS 46",
    ),
    _row(
        FlawKind.NUMERIC_TLD,
        "{name} is neither a host name nor an IP address: a host name cannot end in a number.",
        "RFC 1123 2.1, RFC 3696 2",
    ),
    _row(FlawKind.ADDRESS_INVALID, "{name} is not an IP address.", "RFC 5280 4.2.1.6"),
    _row(
        FlawKind.EMAIL_INVALID, "{name} is not a valid e-mail address: {part}.",
        "RFC 5280 4.2.1.6, RFC 5321 4.1.2, RFC 8398",
    ),
    _row(FlawKind.URI_INVALID, "{name} is not a valid URI: {part}.", "RFC 5280 4.2.1.6, RFC 3986"),
    _row(FlawKind.UPN_INVALID, "{name} is not a valid user principal name: {part}.", "[MS-WCCE] 2.2.2.7.5"),
    _row(FlawKind.WILDCARD_PLACE, "{name} {problem}, as in *.mydomain.com.", "RFC 9525 6.3, BR 1.6.1"),
)  # fmt: skip
"""One rule for each `FlawKind`."""
