"""What is done with the pairs of many hosts: their CSRs fetched, certificates brought to them, backups."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from csrtui.core.backups.recipients import Recipient
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import command, shows, visible
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr as request
from csrtui.core.certificates.certificate import Certificate, to_pem
from csrtui.core.certificates.csr import Request
from csrtui.core.pairs.pair import BackupStatus, Stage
from csrtui.fleet.ansible import TrustedTemplate
from csrtui.fleet.csr_match import covers_text, csr_mismatch, pair_mismatch
from csrtui.fleet.host_answer import HostAnswer, document_of, failure_of
from csrtui.fleet.host_finding import failure
from csrtui.fleet.model import Failure, Fleet, HostPair, Reason
from csrtui.fleet.tasks.hosts import HostResult, Reach, ask_each, call, module_task
from csrtui.fleet.tasks.results import Wording, host_results, mismatch, missing_results
from csrtui.store import new_file
from csrtui.store.files import read_foreign
from csrtui.tasks.batch import Result
from csrtui.tasks.import_ import Blob

_CSR = re.compile(
    r"-----BEGIN CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]{1,60000}-----END CERTIFICATE REQUEST-----"
)
_BACKUP = Wording("backed up", "was backed up before")
_IMPORT = Wording("imported", "was imported before")
_CONTENT = TrustedTemplate("{{ csrtui_content[inventory_hostname] }}")
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
        raise InputError(f"there is no folder {visible(folder)}", command("mkdir", "-p", path))
    return path


def fetch_csrs(
    reach: Reach, pairs: Sequence[HostPair], folder: str, shown: Fleet | None = None
) -> Iterator[HostResult]:
    """Fetch CSRs into files ``HOST.NAME.csr.pem`` of a folder, and give what came of each pair as it comes.

    A CSR that is not what its host listed is refused. A file that is there already with the same CSR is left as it is;
    any other is never written over.

    Args:
        reach: How the hosts are reached.
        pairs: Whose, as their hosts list them.
        folder: A folder of this machine.
        shown: What the hosts had listed when that was shown last, or None where `pairs` is that.

    Raises:
        InputError: There is no such folder, or Ansible is not there or refuses.
    """
    demand_folder(folder)
    refused = _not_as_shown(pairs, shown)
    yield from refused
    names = {(result.host, result.pair) for result in refused}
    by_host = _by_host(pair for pair in pairs if (pair.host, pair.pair.name) not in names)
    calls = {
        host: " && ".join(call("csr", "--", pair.pair.name) for pair in listed)
        for host, listed in by_host.items()
    }
    for answer in ask_each(reach, calls):
        listed = by_host[answer.host]
        for pair, csr in zip(listed, _match_csrs(answer, listed), strict=True):
            yield _fetched(answer, pair, csr, folder)


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
    by_host = _by_host(pairs)
    calls = {
        host: call("backup", "--json", *to, "--", *(one.pair.name for one in those))
        for host, those in by_host.items()
    }
    for answer in ask_each(reach, calls):
        document = document_of(answer, (0, 1))
        if isinstance(document, Failure):
            yield HostResult.failed(answer.host, document)
            continue
        results = list(host_results(answer.host, document, _BACKUP))
        yield from results
        yield from missing_results(answer.host, [one.pair.name for one in by_host[answer.host]], results)


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
    task = module_task(reach, "certificate", {"content": _CONTENT})
    content = {host: pem.decode("ascii") for host, pem in deliveries.by_host.items()}
    for answer in ask_each(reach, dict.fromkeys(content, ""), task, csrtui_content=content):
        if answer.ended == "ok":
            yield from host_results(answer.host, answer.result, _IMPORT)
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


def _not_as_shown(pairs: Sequence[HostPair], shown: Fleet | None) -> list[HostResult]:
    """A failure for each pair that its host lists in another way now than when it was shown."""
    before = {(pair.host, pair.pair.name): pair.pair for pair in (shown.pairs() if shown is not None else ())}
    refused = []
    for pair in pairs:
        old = before.get((pair.host, pair.pair.name))
        texts = [] if old is None else pair_mismatch(old, pair.pair)
        if texts:
            failed = mismatch(pair.host, texts)
            remedy = f"{failed.remedy}; csrtui fleet list shows what it lists now"
            refused.append(HostResult.failed(pair.host, replace(failed, remedy=remedy), pair.pair.name))
    return refused


def _match_csrs(answer: HostAnswer, pairs: Sequence[HostPair]) -> list[Request | None]:
    """The CSR for each pair: the one listed, else the one in its place, whose differences are then reported."""
    csrs = list(islice(_csrs(answer), len(pairs)))
    by_digest = {one.sha256: one for one in csrs}
    in_place: list[Request | None] = [*csrs] if len(csrs) == len(pairs) else [None] * len(pairs)
    return [
        by_digest.get(pair.pair.record.request.sha256, placed)
        for pair, placed in zip(pairs, in_place, strict=True)
    ]


def _csrs(answer: HostAnswer) -> Iterator[Request]:
    for match in _CSR.finditer(answer.text("stdout")):
        with suppress(CsrtuiError):
            yield request.read_pem(match[0].encode("ascii"))


def _fetched(answer: HostAnswer, pair: HostPair, csr: Request | None, folder: str) -> HostResult:
    """Write a CSR that is what was listed into the folder; refuse any other."""
    if csr is None and answer.ended != "ok":
        return HostResult.failed(pair.host, failure_of(answer), pair.pair.name)
    if csr is None:
        text = "what it sent is not a CSR for each pair"
        return HostResult.failed(pair.host, failure(pair.host, Reason.UNEXPECTED, text), pair.pair.name)
    texts = csr_mismatch(csr, pair.pair)
    if texts:
        return HostResult.failed(pair.host, mismatch(pair.host, texts), pair.pair.name)
    covers = covers_text(csr)
    pem = request.to_pem(csr.der)
    path = os.path.join(folder, _file_name(pair))
    if os.path.lexists(path):
        return _there(pair, path, csr, pem)
    try:
        file = new_file.write(path, pem)
    except CsrtuiError as error:
        failed = Failure(Reason.STORE, error.what, error.hint or "choose another folder")
        return HostResult.failed(pair.host, failed, pair.pair.name)
    return HostResult(pair.host, f"CSR fetched, covers {covers}", pair.pair.name, file, covers=csr.names)


def _file_name(pair: HostPair) -> str:
    """``HOST.PAIR.csr.pem``; what is not seen in a host's name, or would be a path, is ``_``."""
    name = f"{pair.host}.{pair.pair.name}.csr.pem"
    return "".join(character if shows(character) and character != "/" else "_" for character in name)


def _there(one: HostPair, path: str, csr: Request, pem: bytes) -> HostResult:
    try:
        same = read_foreign(path) == pem
    except InputError:
        same = False
    if same:
        text = f"the CSR is there already, covers {covers_text(csr)}"
        return HostResult(one.host, text, one.pair.name, path, changed=False, covers=csr.names)
    text = f"{visible(path)} is there already and is another file, and csrtui overwrites nothing"
    return HostResult.failed(one.host, Failure(Reason.INPUT, text, "choose another folder"), one.pair.name)
