"""Rules about the names as a whole: missing www or bare-domain counterparts, wildcards and duplicates."""

from csrtui.core.advice.cases import NameCase
from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.base.escaping import excerpt
from csrtui.core.base.finding import Level
from csrtui.core.names.name import MAX_NAME

_MAX_COMMON = 100
"""The maximum number of names at many CAs."""


def _counterpart_hit(case: NameCase, counterpart: str) -> Hit | None:
    """Return the hit for a missing counterpart, or None if it is covered or too long."""
    if case.names.covers(counterpart) or len(counterpart) > MAX_NAME:
        return None
    name, spelled = excerpt(case.spelled(case.text)), case.spelled(counterpart)
    is_only_name = len(case.names.first_index) == 1
    lack = f"only {name} is covered" if is_only_name else "no name here covers it"
    return Hit({"name": name, "counterpart": excerpt(spelled), "lack": lack}, case.add_fix(spelled))


def _host_counterpart_hit(case: NameCase, counterpart: str) -> Hit | None:
    """Return the hit for a host's counterpart, or None if the list has its wildcard, whose own finding reports it."""
    return None if f"*.{counterpart}" in case.names.first_index else _counterpart_hit(case, counterpart)


def _www_not_covered(case: NameCase) -> Hit | None:
    text = case.text
    if case.name.is_wildcard or text.startswith("www.") or not case.has_counterpart(text):
        return None
    return _host_counterpart_hit(case, f"www.{text}")


def _bare_not_covered(case: NameCase) -> Hit | None:
    bare = case.text.removeprefix("www.")
    if bare == case.text or not case.has_counterpart(bare):
        return None
    return _host_counterpart_hit(case, bare)


def _wildcard(case: NameCase) -> Hit | None:
    if not case.name.is_wildcard:
        return None
    return Hit({"name": excerpt(case.name.display), "host": excerpt(case.display_host)})


def _wildcard_bare_not_covered(case: NameCase) -> Hit | None:
    if not case.name.is_wildcard or "." not in case.host or not case.is_first:
        return None
    return _counterpart_hit(case, case.host)


def _wildcard_redundant(case: NameCase) -> Hit | None:
    if not case.is_dns or (wildcard := case.names.wildcard_over(case.text)) is None:
        return None
    name, display = excerpt(case.spelled(case.text)), excerpt(case.spelled(wildcard))
    if case.position:
        fix = case.replace_fix(f"leave out {name}")
    else:  # removing the common name makes another name the common name, so the label names it
        fix = case.replace_common_name_fix(wildcard, f"replace it with {display}")
    return Hit({"name": name, "wildcard": display}, fix)


def _duplicate(case: NameCase) -> Hit | None:
    if case.is_first:
        return None
    name = excerpt(case.name.display)
    return Hit({"name": name}, case.deduplicate_fix(f"write {name} once"))


_WARNING, _NOTE = Level.WARNING, Level.NOTE

COVERAGE_RULES: tuple[Rule[NameCase], ...] = (
    Rule(
        "www-not-covered", _WARNING, _WARNING,
        "Visitors to {counterpart} will get a certificate warning: {lack}.",
        _www_not_covered, "RFC 9525 6.3",
    ),
    Rule(
        "bare-not-covered", _WARNING, _WARNING,
        "Visitors to {counterpart} will get a certificate warning: {lack}.",
        _bare_not_covered, "RFC 9525 6.3",
    ),
    Rule(
        "wildcard", _NOTE, _NOTE,
        "{name} covers a.{host}, but not a.b.{host}: the * matches one label only.", _wildcard, "RFC 9525 6.3",
    ),
    Rule(
        "wildcard-bare-not-covered", _WARNING, _WARNING,
        "Visitors to {counterpart} will get a certificate warning: {name} does not cover its own domain.",
        _wildcard_bare_not_covered, "RFC 9525 6.3",
    ),
    Rule(
        "wildcard-redundant", _NOTE, _NOTE,
        "{name} is already covered by {wildcard}.", _wildcard_redundant, "RFC 9525 6.3",
    ),
    Rule("duplicate", _NOTE, _NOTE, "{name} is listed twice; it will appear once.", _duplicate, "RFC 4343"),
)  # fmt: skip
"""Rules for each valid name, considered together with all others."""

MANY_NAMES: Rule[int] = Rule(
    "many-names", _WARNING, _NOTE,
    "{count} names in one certificate: many CAs allow at most {bound}.",
    lambda count: Hit({"count": count, "bound": _MAX_COMMON}) if count > _MAX_COMMON else None,
    "product limits of public CAs",
    private_text="{count} names in one certificate: every handshake sends all of them.",
)  # fmt: skip
"""The rule for the number of distinct names."""
