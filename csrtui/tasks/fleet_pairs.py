"""What is done with the pairs of many hosts: their CSRs fetched, certificates brought to them, backups."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from csrtui.core import request
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import Certificate, to_pem
from csrtui.core.errors import CsrtuiError, InputError
from csrtui.core.fleet import Failure, Fleet, HostPair, Reason
from csrtui.core.host_answer import Answer, document_of, failure_of
from csrtui.core.pair import BackupStatus, Stage
from csrtui.core.recipients import Recipient
from csrtui.core.visible import visible
from csrtui.store import handout
from csrtui.store.ansible import Literal
from csrtui.store.files import read_foreign
from csrtui.tasks.fleet import PLACES, HostResult, Reach, ask_each, call
from csrtui.tasks.importing import Blob
from csrtui.tasks.results import Result

_CSR = re.compile(
    r"-----BEGIN CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]{1,60000}-----END CERTIFICATE REQUEST-----"
)
_BACKED_UP = frozenset({BackupStatus.VERIFIED, BackupStatus.UNVERIFIED})


def chosen(fleet: Fleet, names: Sequence[str]) -> list[HostPair]:
    """Return the pairs of these names on any host, none of them retired; without names, all.

    Raises:
        InputError: There is no pair of one of the names on any host that was read.
    """
    found = [one for one in fleet.pairs() if one.pair.record.stage is not Stage.RETIRED]
    unknown = [name for name in names if not any(one.pair.name == name for one in found)]
    if unknown:
        raise InputError(
            f"no host that was read has a pair {visible(unknown[0])}", "csrtui fleet list --inventory FILE"
        )
    return [one for one in found if not names or one.pair.name in names]


def not_submitted(pairs: Iterable[HostPair]) -> list[HostPair]:
    """Return those whose CSR has not gone to a CA."""
    return [one for one in pairs if one.pair.record.stage is Stage.NEW]


def not_backed_up(pairs: Iterable[HostPair]) -> list[HostPair]:
    """Return those that have no backup; one that waits to be confirmed where its identity lives is one."""
    return [one for one in pairs if one.pair.record.backup_status not in _BACKED_UP]


def demand_folder(folder: str) -> str:
    """Return the absolute path of a folder on this machine that has to be there; ``~`` in it is written out.

    Raises:
        InputError: There is none.
    """
    path = os.path.abspath(os.path.expanduser(folder))
    if not os.path.isdir(path):
        raise InputError(f"there is no folder {visible(folder)}", f"mkdir -p {visible(folder)}")
    return path


def fetch_csrs(reach: Reach, pairs: Sequence[HostPair], folder: str) -> Iterator[HostResult]:
    """Fetch CSRs into files ``HOST.NAME.csr.pem`` of a folder, and give what came of each pair as it comes.

    A file that is there already with the same CSR is left as it is; any other is never written over.

    Args:
        reach: How the hosts are reached.
        pairs: Whose.
        folder: A folder of this machine.

    Raises:
        InputError: There is no such folder, or Ansible is not there or refuses.
    """
    demand_folder(folder)
    by_host = _by_host(pairs)
    calls = {
        host: " && ".join(call("csr", "--", one.pair.name) for one in those)
        for host, those in by_host.items()
    }
    for answer in ask_each(reach, calls):
        asked = dict(_requests(answer))
        for one in by_host[answer.host]:
            yield _kept(answer, one, asked.get(one.pair.record.request.sha256), folder)


def back_up(
    reach: Reach, pairs: Sequence[HostPair], folder: str, recipients: Sequence[Recipient]
) -> Iterator[HostResult]:
    """Have backups to recipients written on the hosts, and give what came of each as it comes.

    Args:
        reach: How the hosts are reached.
        pairs: Of which.
        folder: A folder on each host.
        recipients: Who can open them.

    Raises:
        InputError: Ansible is not there or refuses.
    """
    to = [f"--to={folder}", *(f"--recipient={one.text}" for one in recipients)]
    calls = {
        host: call("backup", "--json", *to, "--", *(one.pair.name for one in those))
        for host, those in _by_host(pairs).items()
    }
    for answer in ask_each(reach, calls):
        document = document_of(answer, (0, 1))
        if isinstance(document, Failure):
            yield HostResult.failed(answer.host, document)
        else:
            yield from results_of(answer.host, document)


def results_of(host: str, document: dict[str, object]) -> Iterator[HostResult]:
    """Give the results that csrtui or a module of the collection lists."""
    results = document.get("results")
    for one in results if isinstance(results, list) else []:
        if not isinstance(one, dict):
            continue
        text, pair, file = str(one.get("text", "")), _optional(one, "pair"), _optional(one, "file")
        if one.get("ok") is True:
            yield HostResult(host, text, pair, file, changed=one.get("changed", True) is True)
        else:
            remedy = f"csrtui doctor on {host} says more"
            yield HostResult.failed(host, Failure(Reason.REFUSED, text, remedy), pair)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Certificates and where they belong.

    Attributes:
        by_host: The PEM for each host: its certificates, then all of CAs.
        lost: A failure for each certificate whose key is on no host that is known.
    """

    by_host: dict[str, bytes]
    lost: list[HostResult]


def sort_certificates(fleet: Fleet, blobs: Sequence[Blob]) -> Deliveries:
    """Return which certificates belong on which hosts, by the keys that the hosts have.

    Args:
        fleet: What is known of the hosts.
        blobs: The certificates, in whatever form and order.

    Raises:
        InputError: A file holds none, or a private key.
    """
    given: dict[bytes, Certificate] = {}
    for blob in blobs:
        try:
            given |= {one.der: one for one in read_certificates(blob.data)}
        except InputError as error:
            raise InputError(f"{visible(blob.file or 'what was given')}: {error.what}", error.hint) from error
    keys: dict[str, set[str]] = defaultdict(set)
    for pair in fleet.pairs():
        keys[pair.pair.record.key.spki_sha256].add(pair.host)
    of_hosts: dict[str, list[Certificate]] = defaultdict(list)
    lost = []
    for one in given.values():
        hosts = keys.get(one.spki_sha256 or "", set())
        for host in hosts:
            of_hosts[host].append(one)
        if not hosts and not one.is_ca:
            text = f"the key of {one.whose} is on no host that was read"
            remedy = "see that its host is in the inventory and answers; csrtui fleet list tells"
            lost.append(HostResult.failed("", Failure(Reason.REFUSED, text, remedy)))
    authorities = [one for one in given.values() if one.is_ca]
    by_host = {host: to_pem(dict.fromkeys([*own, *authorities])) for host, own in sorted(of_hosts.items())}
    return Deliveries(by_host, lost)


def delivery_results(deliveries: Deliveries) -> list[Result]:
    """Return where certificates belong, before any is handed over: one result at least."""
    results = [Result(ok=True, text="has the key", pair=host, file=None) for host in deliveries.by_host]
    results += [Result(ok=False, text=one.text) for one in deliveries.lost]
    return results or [Result(ok=False, text="there is no certificate of a host in it, only of CAs")]


def deliver(reach: Reach, deliveries: Deliveries) -> Iterator[HostResult]:
    """Import certificates on the hosts whose keys they fit, and give what came of each as it comes.

    Raises:
        InputError: Ansible is not there or refuses.
    """
    yield from deliveries.lost
    task = {
        "name": "certificate",
        "csrtui.csrtui.certificate": {**PLACES, "content": "{{ csrtui_content[inventory_hostname] }}"},
        "timeout": reach.timeout,
    }
    content = {host: Literal(pem.decode("ascii")) for host, pem in deliveries.by_host.items()}
    for answer in ask_each(reach, dict.fromkeys(content, ""), task, csrtui_content=content):
        if answer.ended == "ok":
            yield from results_of(answer.host, answer.result)
        else:
            yield HostResult.failed(answer.host, failure_of(answer))


def read_blobs(paths: Sequence[str]) -> list[Blob]:
    """Return what is in files.

    Raises:
        InputError: One cannot be read.
    """
    return [Blob(read_foreign(path), path) for path in paths]


def _by_host(pairs: Iterable[HostPair]) -> dict[str, list[HostPair]]:
    by_host: dict[str, list[HostPair]] = defaultdict(list)
    for one in pairs:
        by_host[one.host].append(one)
    return dict(by_host)


def _requests(answer: Answer) -> Iterator[tuple[str, bytes]]:
    """The CSRs that a host printed, by their SHA-256."""
    for text in _CSR.findall(answer.text("stdout")):
        try:
            asked = request.read_pem(text.encode("ascii"))
        except CsrtuiError:
            continue
        yield asked.sha256, request.to_pem(asked.der)


def _kept(answer: Answer, one: HostPair, pem: bytes | None, folder: str) -> HostResult:
    if pem is None:
        failure = (
            failure_of(answer)
            if answer.ended != "ok"
            else Failure(
                Reason.UNEXPECTED, "what came is not the CSR on record", f"csrtui doctor on {answer.host}"
            )
        )
        return HostResult.failed(one.host, failure, one.pair.name)
    path = os.path.join(folder, f"{one.host}.{one.pair.name}.csr.pem".replace("/", "_"))
    if os.path.lexists(path):
        return _there(one, path, pem)
    try:
        return HostResult(one.host, "CSR fetched", one.pair.name, handout.write(path, pem))
    except CsrtuiError as error:
        failure = Failure(Reason.STORE, error.what, error.hint or "choose another folder")
        return HostResult.failed(one.host, failure, one.pair.name)


def _there(one: HostPair, path: str, pem: bytes) -> HostResult:
    try:
        same = read_foreign(path) == pem
    except InputError:
        same = False
    if same:
        return HostResult(one.host, "the CSR is there already", one.pair.name, path, changed=False)
    text = f"{visible(path)} is there already and is another file, and csrtui overwrites nothing"
    return HostResult.failed(one.host, Failure(Reason.INPUT, text, "choose another folder"), one.pair.name)


def _optional(members: dict[str, object], name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) else None
