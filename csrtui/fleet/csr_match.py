"""Compare the CSRs and lists of a host with its earlier lists, because a host is not trusted."""

import re

from csrtui.core.base.errors import InputError
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.csr import Request
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_name import pair_name
from csrtui.fleet.answer_limits import cut
from csrtui.fleet.model import HostState, read_described

_FINGERPRINT_DIGITS = 16
"""The number of hex digits of a fingerprint in a message."""
_HOST_NAME = re.compile(r".*\.([a-z]{2,}|xn--[a-z0-9-]+|[0-9]+\.[0-9]+\.[0-9]+)(-[0-9]+)?")
"""A pair name that looks like a host name or an IPv4 address."""

_Labels = tuple[str, str]
"""The labels of the two values of a difference."""
_SENT: _Labels = ("listed", "sent")
_RELISTED: _Labels = ("shown", "now")
_MADE: _Labels = ("planned", "made")


def csr_mismatch(csr: Request, pair: Pair) -> list[str]:
    """Return a text for each difference between a CSR and the pair as its host listed it.

    The check covers the names, the subject, the key (SPKI SHA-256), the CSR itself (SHA-256), and the CSR's own
    signature. It also covers the pair's name, because a list identifies the pair only by this name.
    """
    record = pair.record
    texts = []
    # An adopted CSR can have its common name in the subject only.
    if set(record.names) - {csr.subject.common_name} != set(csr.names) - {csr.subject.common_name}:
        texts += _difference("names", record.names, csr.names, _SENT)
    # Early releases of csrtui listed no additional attributes. The text of the subject always contains them.
    fields = csr.subject if record.subject.attributes else csr.subject._replace(attributes=())
    if fields != record.subject or csr.subject_text != record.subject_text:
        texts += _difference("subject", record.subject_text, csr.subject_text, _SENT) or [
            "subject: its fields differ from its text"
        ]
    texts += _difference("key", record.key.spki_sha256, csr.spki_sha256, _SENT, _FINGERPRINT_DIGITS)
    texts += _difference("request", record.request.sha256, csr.sha256, _SENT, _FINGERPRINT_DIGITS)
    texts += _signature_mismatch(csr)
    if not _matches_name(pair.name, csr):
        texts.append(f"names: the pair is listed as {pair.name}, the CSR is for {covers_text(csr)}")
    return texts


def pair_mismatch(before: Pair, now: Pair) -> list[str]:
    """Return the differences between two pairs that a host listed under one name at different times.

    There should be none, because the CSR of a pair never changes.
    """
    old, new = before.record, now.record
    if old.request.sha256 == new.request.sha256:
        return []
    return [
        *_difference("names", old.names, new.names, _RELISTED),
        *_difference("subject", old.subject_text, new.subject_text, _RELISTED),
        *_difference("key", old.key.spki_sha256, new.key.spki_sha256, _RELISTED, _FINGERPRINT_DIGITS),
        *_difference("request", old.request.sha256, new.request.sha256, _RELISTED, _FINGERPRINT_DIGITS),
    ]


def changed_pairs(before: HostState, now: HostState) -> list[str]:
    """Return a text for each pair of a host that differs from the pair it listed earlier under the same name."""
    earlier_documents = {document["name"]: document for document in before.documents}
    texts = []
    for document in now.documents:
        earlier = earlier_documents.get(document["name"])
        if earlier is not None and earlier["request"] != document["request"]:
            differences = pair_mismatch(read_described(earlier), read_described(document))
            texts += [f"{document['name']}: {'; '.join(differences)}"] if differences else []
    return texts


def plan_mismatch(csr: Request, planned: Request) -> list[str]:
    """Return the differences between a CSR that a host made and the planned one, apart from the key.

    If the pair existed before, its names and the attributes of its subject can be in another order.
    """
    texts = _difference("names", frozenset(planned.names), frozenset(csr.names), _MADE)
    if sorted(csr.subject_text.split(",")) != sorted(planned.subject_text.split(",")):
        texts += _difference("subject", planned.subject_text, csr.subject_text, _MADE)
    return texts + _signature_mismatch(csr)


def covers_text(csr: Request) -> str:
    """Return the names that a CSR covers as one visible line, cut if it is too long."""
    return cut(", ".join(csr.names or (csr.subject_text,)))


def _difference(field: str, first: object, second: object, labels: _Labels, limit: int = 0) -> list[str]:
    if first == second:
        return []
    return [f"{field}: {labels[0]} {_value_text(first, limit)}, {labels[1]} {_value_text(second, limit)}"]


def _value_text(value: object, limit: int) -> str:
    text = ", ".join(sorted(map(str, value))) if isinstance(value, frozenset | tuple) else str(value)
    return (cut(text, limit) if limit else cut(text)) or "nothing"


def _signature_mismatch(csr: Request) -> list[str]:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        is_valid = csrs.has_valid_signature(csr.der)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        is_valid = False
    return [] if is_valid else ["signature: not made with the key in the CSR"]


def _matches_name(name: str, csr: Request) -> bool:
    """Return whether a pair name fits the CSR. Only a name that looks like a host name must match one of its names."""
    if not _HOST_NAME.fullmatch(name):
        return True
    return any(name.startswith(_base_name(text)) for text in (*csr.names, csr.subject.common_name or ""))


def _base_name(name: str) -> str:
    """Return the first pair name for a name. If the name is not valid, return a text that begins no pair name."""
    try:
        return pair_name(name)
    except InputError:
        return " "
