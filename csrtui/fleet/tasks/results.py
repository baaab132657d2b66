"""Read the results that hosts report, and compare them with the request and with earlier lists.

A host is not trusted. The descriptions are csrtui's own texts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.json_members import MemberError
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.csr import Request
from csrtui.core.pairs.pair import Pair
from csrtui.core.pairs.pair_name import is_pair_name, pair_name
from csrtui.fleet.host_answer import (
    MAX_TEXT,
    Failure,
    HostAnswer,
    Reason,
    check_document,
    create_failure,
    cut,
    failure_of,
    text_of,
)
from csrtui.fleet.host_states import HostState, read_pair_document

_STEPS = ("made", "renewed", "replaced", "backed up")
"""The values of ``done`` in the result of the collection's module ``pair``."""
_FINGERPRINT_DIGITS = 16
"""The number of hex digits of a fingerprint in a message."""
_HOST_NAME = re.compile(r".*\.([a-z]{2,}|xn--[a-z0-9-]+|[0-9]+\.[0-9]+\.[0-9]+)(-[0-9]+)?")
"""A pair name that looks like a host name or an IPv4 address."""

_Labels = tuple[str, str]
"""The labels of the two values of a difference."""
_SENT: _Labels = ("listed", "sent")
_RELISTED: _Labels = ("shown", "now")
_MADE: _Labels = ("planned", "made")


@dataclass(frozen=True, slots=True)
class HostResult:
    """The result of work on a host.

    Attributes:
        host: The name of the host; empty if the result is not about a host.
        text: One sentence.
        document: The pair as printed by csrtui on the host, or None. If set, the JSON has it in place of the name.
        covers: The names that a fetched CSR covers, read from the CSR itself.
    """

    host: str
    text: str
    pair: str | None = None
    file: str | None = None
    failure: Failure | None = None
    changed: bool = True
    document: Mapping[str, object] | None = None
    covers: tuple[str, ...] = ()

    @classmethod
    def failed(cls, host: str, failure: Failure, pair: str | None = None) -> "HostResult":
        """Return the result for a failure."""
        return cls(host, failure.text, pair, failure=failure, changed=False)

    def as_json(self) -> dict[str, object]:
        """Return the result as the JSON that commands print."""
        if self.failure is not None:
            return {**self.failure.as_json(self.host), "pair": self.pair}
        return {
            "host": self.host,
            "ok": True,
            "pair": self.pair if self.document is None else self.document,
            "file": self.file,
            "text": self.text,
            "changed": self.changed,
            **({"covers": list(self.covers)} if self.covers else {}),
        }


def host_results(host: str, document: dict[str, object], success: str) -> Iterator[HostResult]:
    """Yield the results that csrtui or a module of the collection lists.

    Args:
        success: The text of a successful result, such as ``imported``. Only a failure uses text from the host.
    """
    results = document.get("results")
    for result in results if isinstance(results, list) else []:
        if not isinstance(result, dict):
            continue
        name, file = text_of(result, "pair"), text_of(result, "file")[:MAX_TEXT] or None
        pair = name if is_pair_name(name) else None
        if result.get("ok") is True:
            is_changed = result.get("changed", True) is True
            text = success if is_changed else f"was already {success}"
            yield HostResult(host, text, pair, file, changed=is_changed)
        else:
            refusal = create_failure(host, Reason.REFUSED, quote=str(result.get("text", ""))[:MAX_TEXT])
            yield HostResult.failed(host, refusal, pair)


def missing_results(host: str, pairs: Iterable[str], results: Iterable[HostResult]) -> Iterator[HostResult]:
    """Yield a failure for each pair without a result."""
    reported = {result.pair for result in results}
    for pair in pairs:
        if pair not in reported:
            text = "the host sent no result for this pair"
            yield HostResult.failed(host, create_failure(host, Reason.UNEXPECTED, text), pair)


def creation_result(answer: HostAnswer, planned: Request) -> HostResult:
    """Return the result of the collection's module ``pair``, or a failure if the pair or CSR differs from the plan.

    Args:
        planned: The CSR that the user saw before. Its key is not the key of the host.
    """
    document = answer.result.get("pair")
    if answer.outcome != "ok" or not isinstance(document, dict):
        return HostResult.failed(answer.host, failure_of(answer))
    try:
        check_document(document)
        pair = read_pair_document(document)
        csr = csrs.read_pem(answer.text("csr").encode("utf-8", "surrogatepass"))
    except (MemberError, CsrtuiError) as error:
        text = f"the pair in its answer cannot be read: {error}"
        return HostResult.failed(answer.host, create_failure(answer.host, Reason.UNEXPECTED, text))
    differences = [*plan_mismatch(csr, planned), *csr_mismatch(csr, pair)]
    name = pair.name if is_pair_name(pair.name) else None
    if name is None:
        differences.append("name: not valid in csrtui")
    if differences:
        return HostResult.failed(answer.host, mismatch_failure(answer.host, dict.fromkeys(differences)), name)
    done = answer.result.get("done")
    steps = [step for step in _STEPS if isinstance(done, list) and step in done]
    old = pair.record.renews
    if "replaced" in steps and old is not None and is_pair_name(old):
        steps[0] = f"made, replaces {old}"
    text = " and ".join(steps) or "already exists"
    return HostResult(
        answer.host, text, pair.name, changed=answer.changed, document=document, covers=csr.names
    )


def mismatch_failure(host: str, differences: Iterable[str]) -> Failure:
    """Return the failure of a host whose answer differs from its list or from the plan.

    Args:
        differences: The differences, each with the field and both values.
    """
    return create_failure(host, Reason.MISMATCH, f"refused: {'; '.join(differences)}")


def csr_mismatch(csr: Request, pair: Pair) -> list[str]:
    """Return a description of each difference between a CSR and the pair as its host listed it.

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
    """Return a description of each pair of a host that differs from the pair it listed earlier under the same name."""
    earlier_documents = {document["name"]: document for document in before.documents}
    texts = []
    for document in now.documents:
        earlier = earlier_documents.get(document["name"])
        if earlier is not None and earlier["request"] != document["request"]:
            differences = pair_mismatch(read_pair_document(earlier), read_pair_document(document))
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
    """Return the default pair name for a name, or for an invalid name, a string that no pair name begins with."""
    try:
        return pair_name(name)
    except InputError:
        return " "
