"""Rules about what the names cover together: twins, wildcards, doubles."""

from csrtui.core.advice.cases import NameCase
from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.base.escaping import quoted
from csrtui.core.base.finding import Level
from csrtui.core.names.name import MAX_NAME

MANY = 100
"""Names beyond which many CAs stop."""


def _twin_hit(case: NameCase, twin: str) -> Hit | None:
    """What adding the twin would settle, unless the twin is covered or could not be written."""
    if case.listing.covers(twin) or len(twin) > MAX_NAME:
        return None
    name, spelled = quoted(case.spelled(case.text)), case.spelled(twin)
    alone = len(case.listing.first) == 1
    lack = f"only {name} is covered" if alone else "no name here covers it"
    return Hit({"name": name, "twin": quoted(spelled), "lack": lack}, case.adding(spelled))


def _host_twin_hit(case: NameCase, twin: str) -> Hit | None:
    """The same for a host, unless the twin's own wildcard is there: then it is that one that lacks it."""
    return None if f"*.{twin}" in case.listing.first else _twin_hit(case, twin)


def _www_not_covered(case: NameCase) -> Hit | None:
    text = case.text
    if case.name.is_wildcard or text.startswith("www.") or not case.has_twin(text):
        return None
    return _host_twin_hit(case, f"www.{text}")


def _bare_not_covered(case: NameCase) -> Hit | None:
    bare = case.text.removeprefix("www.")
    if bare == case.text or not case.has_twin(bare):
        return None
    return _host_twin_hit(case, bare)


def _wildcard(case: NameCase) -> Hit | None:
    if not case.name.is_wildcard:
        return None
    host = quoted(case.name.shown.removeprefix("*."))
    return Hit({"name": quoted(case.name.shown), "host": host})


def _wildcard_bare_not_covered(case: NameCase) -> Hit | None:
    first = case.listing.first.get(case.text) == case.place
    if not case.name.is_wildcard or "." not in case.host or not first:
        return None
    return _twin_hit(case, case.host)


def _wildcard_redundant(case: NameCase) -> Hit | None:
    if not case.is_dns or (wildcard := case.listing.wildcard_over(case.text)) is None:
        return None
    name, shown = quoted(case.spelled(case.text)), quoted(case.spelled(wildcard))
    if case.place:
        fix = case.dropping(f"leave out {name}")
    else:  # to drop the common name makes another name the common name, so it is said which
        fix = case.yielding_to(wildcard, f"put {shown} in its place")
    return Hit({"name": name, "wildcard": shown}, fix)


def _duplicate(case: NameCase) -> Hit | None:
    if case.listing.first[case.text] == case.place:
        return None
    name = quoted(case.name.shown)
    return Hit({"name": name}, case.once(f"write {name} once"))


_WARNING, _NOTE = Level.WARNING, Level.NOTE

COVERAGE_RULES: tuple[Rule[NameCase], ...] = (
    Rule(
        "www-not-covered", _WARNING, _WARNING,
        "Visitors to {twin} will get a certificate warning: {lack}.",
        _www_not_covered, "RFC 9525 6.3",
    ),
    Rule(
        "bare-not-covered", _WARNING, _WARNING,
        "Visitors to {twin} will get a certificate warning: {lack}.",
        _bare_not_covered, "RFC 9525 6.3",
    ),
    Rule(
        "wildcard", _NOTE, _NOTE,
        "{name} covers a.{host}, but not a.b.{host}: the * matches one label only.", _wildcard, "RFC 9525 6.3",
    ),
    Rule(
        "wildcard-bare-not-covered", _WARNING, _WARNING,
        "Visitors to {twin} will get a certificate warning: {name} does not cover its own domain.",
        _wildcard_bare_not_covered, "RFC 9525 6.3",
    ),
    Rule(
        "wildcard-redundant", _NOTE, _NOTE,
        "{name} is already covered by {wildcard}.", _wildcard_redundant, "RFC 9525 6.3",
    ),
    Rule("duplicate", _NOTE, _NOTE, "{name} is listed twice; it will appear once.", _duplicate, "RFC 4343"),
)  # fmt: skip
"""Asked about each name that can be written, among all of them."""


def _too_many(count: int) -> Hit | None:
    return Hit({"count": count, "bound": MANY}) if count > MANY else None


MANY_NAMES: Rule[int] = Rule(
    "many-names", _WARNING, _NOTE,
    "{count} names in one certificate: many CAs allow at most {bound}.", _too_many, "product limits of public CAs",
    private_text="{count} names in one certificate: every handshake sends all of them.",
)  # fmt: skip
"""Asked once, about the number of different names."""
