"""What hosts report about work on their pairs: checked against what was asked, in words made here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.json_members import MemberError
from csrtui.core.certificates import csr as request
from csrtui.core.certificates.csr import Request
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.fleet.csr_match import csr_mismatch, plan_mismatch
from csrtui.fleet.host_answer import HostAnswer, failure_of
from csrtui.fleet.host_finding import failure
from csrtui.fleet.host_limits import MAX_TEXT, check_document
from csrtui.fleet.model import Failure, Reason
from csrtui.fleet.remote_pair import read_described
from csrtui.fleet.tasks.hosts import HostResult

_DONE = ("made", "renewed", "backed up")
"""What the collection's module can have done."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a result that is good is called.

    Attributes:
        changed: Where something is different now.
        unchanged: Where it was done before.
    """

    changed: str
    unchanged: str


def host_results(host: str, document: dict[str, object], wording: Wording) -> Iterator[HostResult]:
    """Give the results that csrtui or a module of the collection lists; a text of the host is shown for a failure only."""
    results = document.get("results")
    for result in results if isinstance(results, list) else []:
        if not isinstance(result, dict):
            continue
        pair, file = _text(result, "pair"), _text(result, "file")
        pair = pair if pair is not None and is_pair_name(pair) else None
        if result.get("ok") is True:
            is_changed = result.get("changed", True) is True
            text = wording.changed if is_changed else wording.unchanged
            yield HostResult(host, text, pair, file, changed=is_changed)
        else:
            refused = failure(host, Reason.REFUSED, quote=str(result.get("text", ""))[:MAX_TEXT])
            yield HostResult.failed(host, refused, pair)


def missing_results(host: str, pairs: Iterable[str], results: Iterable[HostResult]) -> Iterator[HostResult]:
    """Give a failure for each pair that a host was asked for and has no result for."""
    reported = {result.pair for result in results}
    for pair in pairs:
        if pair not in reported:
            text = "the host reported nothing about this pair"
            yield HostResult.failed(host, failure(host, Reason.UNEXPECTED, text), pair)


def made_result(answer: HostAnswer, planned: Request) -> HostResult:
    """Return the result of the collection's module ``pair``: its pair and CSR have to be those that were planned.

    Args:
        answer: Of the host.
        planned: The CSR as it was shown before it was made; its key is not the host's.
    """
    document = answer.result.get("pair")
    if answer.ended != "ok" or not isinstance(document, dict):
        return HostResult.failed(answer.host, failure_of(answer))
    try:
        check_document(document)
        pair = read_described(document)
        csr = request.read_pem(answer.text("csr").encode("utf-8", "surrogatepass"))
    except (MemberError, CsrtuiError) as error:
        text = f"what it says of the pair cannot be read: {error}"
        return HostResult.failed(answer.host, failure(answer.host, Reason.UNEXPECTED, text))
    texts = [*plan_mismatch(csr, planned), *csr_mismatch(csr, pair)]
    name = pair.name if is_pair_name(pair.name) else None
    if name is None:
        texts.append("name: not one that csrtui gives a pair")
    if texts:
        return HostResult.failed(answer.host, mismatch(answer.host, dict.fromkeys(texts)), name)
    done = answer.result.get("done")
    steps = [step for step in _DONE if isinstance(done, list) and step in done]
    text = " and ".join(steps) or "is there already"
    return HostResult(
        answer.host, text, pair.name, changed=answer.changed, document=document, covers=csr.names
    )


def mismatch(host: str, texts: Iterable[str]) -> Failure:
    """Return the failure of a host that sent another thing than it had listed, or than was planned.

    Args:
        host: Its name.
        texts: The differences, each with the field, the value listed and the value sent.
    """
    return failure(host, Reason.MISMATCH, f"refused: {'; '.join(texts)}")


def _text(members: dict[str, object], name: str) -> str | None:
    value = members.get(name)
    return value[:MAX_TEXT] if isinstance(value, str) else None
