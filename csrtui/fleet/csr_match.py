"""Comparing the CSR that a host sent with the pair that the host had listed: a host is not believed twice."""

import re

from csrtui.core.base.errors import InputError
from csrtui.core.certificates import csr as request
from csrtui.core.certificates.csr import Request
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_name import pair_name
from csrtui.core.subject.fields import SubjectFields
from csrtui.fleet.host_limits import cut
from csrtui.fleet.model import HostState
from csrtui.fleet.remote_pair import read_described

_FINGERPRINT_SHOWN = 16
"""Hex digits of a fingerprint in a message."""
_HOST_NAME = re.compile(r".*\.([a-z]{2,}|xn--[a-z0-9-]+|[0-9]+\.[0-9]+\.[0-9]+)(-[0-9]+)?")
"""A pair's name that a reader of a list takes for a host name or an IPv4 address."""


_Labels = tuple[str, str]
"""What the two values of a difference are called, such as ``listed`` and ``sent``."""
_SENT: _Labels = ("listed", "sent")
_RELISTED: _Labels = ("shown", "now")
_MADE: _Labels = ("planned", "made")


def csr_mismatch(csr: Request, pair: Pair) -> list[str]:
    """Return how a CSR differs from the pair as its host listed it, one text for each difference; empty if it does not.

    Compares the names, the subject, the key (SPKI SHA-256), the CSR itself (SHA-256), the CSR's own signature, and the
    pair's name, which is all that a list shows.
    """
    record = pair.record
    texts = []
    # An adopted CSR may have its common name in the subject only.
    if set(record.names) - {csr.subject.common_name} != set(csr.names) - {csr.subject.common_name}:
        texts += _difference("names", record.names, csr.names, _SENT)
    texts += _subject_mismatch(csr, record.subject, record.subject_text)
    texts += _difference("key", record.key.spki_sha256, csr.spki_sha256, _SENT, _FINGERPRINT_SHOWN)
    texts += _difference("request", record.request.sha256, csr.sha256, _SENT, _FINGERPRINT_SHOWN)
    texts += _signature_mismatch(csr)
    if not _fits_name(pair.name, csr):
        texts.append(f"names: the pair is listed as {pair.name}, the CSR is for {covers_text(csr)}")
    return texts


def pair_mismatch(before: Pair, now: Pair) -> list[str]:
    """Return how a pair differs from what its host listed earlier under the same name: a CSR never changes."""
    old, new = before.record, now.record
    if old.request.sha256 == new.request.sha256:
        return []
    return [
        *_difference("names", old.names, new.names, _RELISTED),
        *_difference("subject", old.subject_text, new.subject_text, _RELISTED),
        *_difference("key", old.key.spki_sha256, new.key.spki_sha256, _RELISTED, _FINGERPRINT_SHOWN),
        *_difference("request", old.request.sha256, new.request.sha256, _RELISTED, _FINGERPRINT_SHOWN),
    ]


def relisted(before: HostState, now: HostState) -> list[str]:
    """Return how pairs of a host differ from what it listed earlier under the same names, one text for each pair."""
    old = {pair["name"]: pair for pair in before.documents}
    texts = []
    for document in now.documents:
        earlier = old.get(document["name"])
        if earlier is not None and earlier["request"] != document["request"]:
            mismatch = pair_mismatch(read_described(earlier), read_described(document))
            texts += [f"{document['name']}: {'; '.join(mismatch)}"] if mismatch else []
    return texts


def plan_mismatch(csr: Request, planned: Request) -> list[str]:
    """Return how a CSR that a host made differs from the one that was planned and shown; its key is the host's own.

    A pair that the host had before may have its names and the attributes of its subject in another order.
    """
    texts = _difference("names", frozenset(planned.names), frozenset(csr.names), _MADE)
    if sorted(csr.subject_text.split(",")) != sorted(planned.subject_text.split(",")):
        texts += _difference("subject", planned.subject_text, csr.subject_text, _MADE)
    return texts + _signature_mismatch(csr)


def covers_text(csr: Request) -> str:
    """Return the names that a CSR covers, as one visible line that is cut where they are very many."""
    return cut(", ".join(csr.names or (csr.subject_text,)))


def _subject_mismatch(csr: Request, subject: SubjectFields, text: str) -> list[str]:
    if csr.subject != subject or csr.subject_text != text:
        return _difference("subject", text, csr.subject_text, _SENT) or [
            "subject: other fields than its text"
        ]
    return []


def _difference(field: str, first: object, second: object, labels: _Labels, limit: int = 0) -> list[str]:
    if first == second:
        return []
    return [f"{field}: {labels[0]} {_shown(first, limit)}, {labels[1]} {_shown(second, limit)}"]


def _shown(value: object, limit: int) -> str:
    text = ", ".join(sorted(map(str, value))) if isinstance(value, frozenset | tuple) else str(value)
    shown = cut(text, limit) if limit else cut(text)
    return shown or "nothing"


def _signature_mismatch(csr: Request) -> list[str]:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        is_signed = request.signature_holds(csr.der)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        is_signed = False
    return [] if is_signed else ["signature: not made with the key in the CSR"]


def _fits_name(name: str, csr: Request) -> bool:
    """Whether a pair's name that looks like a host name begins with one of the CSR's names; others are the user's choice."""
    if not _HOST_NAME.fullmatch(name):
        return True
    names = (*csr.names, csr.subject.common_name or "")
    return any(name.startswith(_base(each)) for each in names)


def _base(name: str) -> str:
    """The name of the first pair for a CSR's name; where it has none, a text that no pair's name begins with."""
    try:
        return pair_name(name)
    except InputError:
        return " "
