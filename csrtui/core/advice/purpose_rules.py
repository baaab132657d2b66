"""Rules about the purpose of a certificate: the CAs that issue for it, and the names that it needs."""

from csrtui.core.advice.cases import NameList
from csrtui.core.advice.rule import PRIVATE_CA_FIX, Hit, Rule
from csrtui.core.base.finding import Level, Purpose
from csrtui.core.names.name import Name, NameKind, without_prefix
from csrtui.core.names.other_names import is_spiffe

_NOT_PUBLIC = {
    Purpose.CLIENT: (
        "Public CAs do not issue certificates for clients (after 2027-03-15, not even for servers that are also "
        "clients): use your organization's own CA."
    ),
    Purpose.SERVER_CLIENT: (
        "Public CAs issue only for servers (without exception after 2027-03-15): use a public certificate for the "
        "server, and one of your own CA for the client."
    ),
    Purpose.EMAIL: (
        "The rules here are those of public CAs for servers: order a public S/MIME certificate in the portal of its "
        "CA, or use your organization's own CA."
    ),
    Purpose.CODE_SIGNING: (
        "Public CAs sign code-signing keys only if a hardware token or HSM made them (since 2023-06-01): use the "
        "token's program, or your organization's own CA."
    ),
}
"""The advice for each purpose that a public CA for servers does not issue for."""


def _not_public(names: NameList) -> Hit | None:
    text = _NOT_PUBLIC.get(names.purpose)
    return Hit({"text": text}, PRIVATE_CA_FIX) if text else None


def _client_without_name(names: NameList) -> Hit | None:
    is_mismatch = names.purpose in {Purpose.CLIENT, Purpose.SERVER_CLIENT} and not any(
        name.kind is not NameKind.IP and name.common_name and not name.is_wildcard for name in names.names
    )
    return Hit() if is_mismatch and _has_name(names) else None


def _server_without_host(names: NameList) -> Hit | None:
    is_mismatch = names.purpose.is_for_servers and not any(
        name.text is not None and (name.is_host or _is_workload(name)) for name in names.names
    )
    return Hit() if is_mismatch and _has_name(names) else None


def _is_workload(name: Name) -> bool:
    """Return whether a name is a SPIFFE ID, by which both servers and clients are identified."""
    return name.kind is NameKind.URI and is_spiffe(without_prefix(name.text or ""))


def _email_without_address(names: NameList) -> Hit | None:
    is_mismatch = names.purpose is Purpose.EMAIL and not any(
        name.kind is NameKind.EMAIL and name.text for name in names.names
    )
    return Hit() if is_mismatch and _has_name(names) else None


def _has_name(names: NameList) -> bool:
    """Return whether a valid name was entered. Until then, a missing name is normal, and an invalid one is reported."""
    return any(name.common_name for name in names.names)


_ERROR, _WARNING = Level.ERROR, Level.WARNING

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
        "No host name for the server: clients compare the host that they connect to with the names.",
        _server_without_host, "RFC 9525 6.1",
    ),
    Rule(
        "purpose-mismatch", _WARNING, _WARNING,
        "No e-mail address: mail programs use a certificate only for the addresses in it.",
        _email_without_address, "RFC 8550 3",
    ),
)  # fmt: skip
"""Rules for the purpose and the names together."""
