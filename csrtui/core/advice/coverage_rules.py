"""Rules about all names together: missing counterparts, wildcards, duplicates, and whether they suit the purpose."""

from collections.abc import Callable, Collection

from csrtui.core.advice.rule import PRIVATE_CA_FIX, Hit, Rule
from csrtui.core.advice.rule_arguments import NameCase, NameList
from csrtui.core.base.escaping import excerpt
from csrtui.core.base.finding import Level, Purpose
from csrtui.core.names.host_name import MAX_NAME
from csrtui.core.names.name import Name, NameKind

_MAX_COMMON = 100
"""The maximum number of names that many CAs allow."""


def _counterpart_hit(case: NameCase, counterpart: str) -> Hit | None:
    """Return the hit for a missing counterpart, or None if it is covered or too long."""
    if case.names.covers(counterpart) or len(counterpart) > MAX_NAME:
        return None
    name, display = excerpt(case.with_u_labels(case.text)), case.with_u_labels(counterpart)
    is_only_name = len(case.names.first_index) == 1
    lack = f"only {name} is covered" if is_only_name else "no name here covers it"
    return Hit({"name": name, "counterpart": excerpt(display), "lack": lack}, case.add_fix(display))


def _host_counterpart_hit(case: NameCase, counterpart: str) -> Hit | None:
    """Return the hit for a host's counterpart, or None if the list has its wildcard, which has its own finding."""
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
    name, display = excerpt(case.with_u_labels(case.text)), excerpt(case.with_u_labels(wildcard))
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
"""Rules for each valid name together with all others."""

MANY_NAMES: Rule[int] = Rule(
    "many-names", _WARNING, _NOTE,
    "{count} names in one certificate: many CAs allow at most {bound}.",
    lambda count: Hit({"count": count, "bound": _MAX_COMMON}) if count > _MAX_COMMON else None,
    "product limits of public CAs",
    private_text="{count} names in one certificate: every handshake sends all of them.",
)  # fmt: skip
"""The rule for the number of distinct names."""


_NOT_PUBLIC = {
    Purpose.CLIENT: (
        "Public CAs do not issue certificates for clients (after 2027-03-15, not even for servers that are also "
        "clients): use your organization's own CA."
    ),
    Purpose.SERVER_CLIENT: (
        "Public CAs issue only for servers (without exception after 2027-03-15): use a public certificate for the "
        "server, and one from your own CA for the client."
    ),
    Purpose.EMAIL: (
        "The rules here are those of public CAs for servers: order a public S/MIME certificate in a CA's "
        "portal, or use your organization's own CA."
    ),
    Purpose.CODE_SIGNING: (
        "Public CAs issue code-signing certificates only for keys generated in a hardware token or HSM (since "
        "2023-06-01): use the token's program, or your organization's own CA."
    ),
}
"""A sentence for each purpose for which public CAs do not issue server certificates."""


def _not_public(names: NameList) -> Hit | None:
    text = _NOT_PUBLIC.get(names.purpose)
    return Hit({"text": text}, PRIVATE_CA_FIX) if text else None


def _mismatch(
    purposes: Collection[Purpose], fits: Callable[[Name], object]
) -> Callable[[NameList], Hit | None]:
    """Return a check that applies to requests for these purposes if they have valid names, but none that fits."""

    def check(names: NameList) -> Hit | None:
        has_name = any(name.common_name for name in names.names)
        return Hit() if names.purpose in purposes and has_name and not any(map(fits, names.names)) else None

    return check


_client_without_name = _mismatch(
    {Purpose.CLIENT, Purpose.SERVER_CLIENT},
    lambda name: name.kind is not NameKind.IP and name.common_name and not name.is_wildcard,
)
_server_without_host = _mismatch(
    {Purpose.SERVER, Purpose.SERVER_CLIENT},
    lambda name: name.text and (name.is_host or name.spiffe_id),  # a SPIFFE ID identifies servers too
)
_email_without_address = _mismatch({Purpose.EMAIL}, lambda name: name.kind is NameKind.EMAIL and name.text)

_ERROR = Level.ERROR

PURPOSE_RULES: tuple[Rule[NameList], ...] = (
    Rule(
        "purpose-not-public", _ERROR, None, "{text}", _not_public,
        "BR 7.1.2.7.10, Chrome Root Program Policy 1.7, CSBR 6.2.7.4, S/MIME BR",
    ),
    Rule(
        "purpose-mismatch", _WARNING, _WARNING,
        "No name identifies the client: wildcards and addresses alone do not tell a server which client connects.",
        _client_without_name, "RFC 5280 4.2.1.12",
    ),
    Rule(
        "purpose-mismatch", _WARNING, _WARNING,
        "No host name for the server: clients check that the certificate names the host that they connect to.",
        _server_without_host, "RFC 9525 6.1",
    ),
    Rule(
        "purpose-mismatch", _WARNING, _WARNING,
        "No e-mail address: mail programs use a certificate only for the addresses in it.",
        _email_without_address, "RFC 8550 3",
    ),
)  # fmt: skip
"""Rules for the purpose and the names together."""
