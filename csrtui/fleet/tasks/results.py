"""Read the results that hosts report, compare them with the request, and describe them in csrtui's own texts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from csrtui.core.base.errors import CsrtuiError
from csrtui.core.base.json_members import MemberError
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.csr import Request
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.fleet.answer_limits import MAX_TEXT, check_document
from csrtui.fleet.csr_match import csr_mismatch, plan_mismatch
from csrtui.fleet.host_answer import HostAnswer, create_failure, failure_of
from csrtui.fleet.model import Failure, Reason, read_described
from csrtui.fleet.tasks.run_on_hosts import HostResult

_STEPS = ("made", "renewed", "replaced", "backed up")
"""The values of ``done`` in the result of the collection's module ``pair``."""


@dataclass(frozen=True, slots=True)
class ResultTexts:
    """The texts of successful results.

    Attributes:
        changed: The text if something was changed.
        unchanged: The text if nothing had to be done.
    """

    changed: str
    unchanged: str


def host_results(host: str, document: dict[str, object], texts: ResultTexts) -> Iterator[HostResult]:
    """Yield the results that csrtui or a module of the collection lists. Only a failure uses the text of the host."""
    results = document.get("results")
    for result in results if isinstance(results, list) else []:
        if not isinstance(result, dict):
            continue
        pair, file = _text(result, "pair"), _text(result, "file")
        pair = pair if pair is not None and is_pair_name(pair) else None
        if result.get("ok") is True:
            is_changed = result.get("changed", True) is True
            text = texts.changed if is_changed else texts.unchanged
            yield HostResult(host, text, pair, file, changed=is_changed)
        else:
            refusal = create_failure(host, Reason.REFUSED, quote=str(result.get("text", ""))[:MAX_TEXT])
            yield HostResult.failed(host, refusal, pair)


def missing_results(host: str, pairs: Iterable[str], results: Iterable[HostResult]) -> Iterator[HostResult]:
    """Yield a failure for each pair without a result."""
    reported = {result.pair for result in results}
    for pair in pairs:
        if pair not in reported:
            text = "the host reported nothing about this pair"
            yield HostResult.failed(host, create_failure(host, Reason.UNEXPECTED, text), pair)


def creation_result(answer: HostAnswer, planned: Request) -> HostResult:
    """Return the result of the collection's module ``pair``, or a failure if the pair or CSR differs from the plan.

    Args:
        answer: The answer of the host.
        planned: The CSR that the user saw before. Its key is not the key of the host.
    """
    document = answer.result.get("pair")
    if answer.outcome != "ok" or not isinstance(document, dict):
        return HostResult.failed(answer.host, failure_of(answer))
    try:
        check_document(document)
        pair = read_described(document)
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
        host: The name of the host.
        differences: The differences, each with the field and both values.
    """
    return create_failure(host, Reason.MISMATCH, f"refused: {'; '.join(differences)}")


def _text(members: dict[str, object], name: str) -> str | None:
    value = members.get(name)
    return value[:MAX_TEXT] if isinstance(value, str) else None
