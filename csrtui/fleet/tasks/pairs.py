"""Work with the pairs of many hosts: fetch CSRs, deliver certificates, make backups, or run a command for each pair."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from csrtui.core.backups.recipients import Recipient
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import command, is_visible, visible
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import read_certificates
from csrtui.core.certificates import csr as csrs
from csrtui.core.certificates.certificate import Certificate, to_pem
from csrtui.core.certificates.csr import Request
from csrtui.core.pairs.pair import BackupStatus, NextStep, Stage
from csrtui.fleet.ansible import TrustedTemplate
from csrtui.fleet.host_answer import Failure, HostAnswer, Reason, create_failure, document_of, failure_of
from csrtui.fleet.host_states import Fleet, HostPair
from csrtui.fleet.tasks.results import (
    HostResult,
    covers_text,
    csr_mismatch,
    host_results,
    mismatch_failure,
    missing_results,
    pair_mismatch,
)
from csrtui.fleet.tasks.run_on_hosts import Reach, module_task, run_on_each, shell_call
from csrtui.store.foreign_files import read_foreign
from csrtui.store.new_files import write_new_file
from csrtui.tasks.import_ import ImportSource
from csrtui.tasks.parallel import Result
from csrtui.tasks.session import Session

_CSR = re.compile(
    r"-----BEGIN CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]{1,60000}-----END CERTIFICATE REQUEST-----"
)
_CONTENT = TrustedTemplate("{{ csrtui_content[inventory_hostname] }}")
_BACKED_UP = frozenset({BackupStatus.VERIFIED, BackupStatus.UNVERIFIED})
PAIRS_IN_ROUND = 20
"""The number of commands for a host in one run. Each takes a fraction of a second, and the host has 30 seconds."""
_END = re.compile(r"# ([0-9]{1,4}) ([0-9]{1,3})")
"""The line after the output of each command: its number and exit status."""


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a command on a host, and its exit status."""

    text: str
    status: int


def pairs_named(fleet: Fleet, names: Sequence[str]) -> list[HostPair]:
    """Return the pairs in use with these names on any host, or all pairs in use if no names are given.

    Raises:
        InputError: No host that was read has a pair with one of the names.
    """
    pairs = [pair for pair in fleet.pairs() if pair.pair.record.stage is not Stage.RETIRED]
    known = {pair.pair.name for pair in pairs}
    for name in names:
        if name not in known:
            raise InputError(
                f"no host that was read has a pair named {visible(name)}",
                "csrtui fleet list --inventory FILE",
            )
    return [pair for pair in pairs if not names or pair.pair.name in names]


def not_submitted(pairs: Iterable[HostPair]) -> list[HostPair]:
    """Return the pairs whose CSR is not submitted yet."""
    return [pair for pair in pairs if pair.pair.record.stage is Stage.NEW]


def not_backed_up(pairs: Iterable[HostPair]) -> list[HostPair]:
    """Return the pairs without a backup. An unverified backup to recipients counts as a backup."""
    return [pair for pair in pairs if pair.pair.record.backup_status not in _BACKED_UP]


def with_next_step(session: Session, pairs: Iterable[HostPair], step: NextStep) -> list[HostPair]:
    """Return the pairs that have this next step."""
    now = session.clock()
    return [pair for pair in pairs if pair.pair.record.next_step(now) is step]


def check_folder(folder: str) -> str:
    """Return the absolute path of an existing folder on this machine; ``~`` is expanded.

    Raises:
        InputError: The folder does not exist.
    """
    path = os.path.abspath(os.path.expanduser(folder))
    if not os.path.isdir(path):
        raise InputError(f"there is no folder {visible(folder)}", command("mkdir", "-p", path))
    return path


def fetch_csrs(
    reach: Reach, pairs: Sequence[HostPair], folder: str, seen: Fleet | None = None
) -> Iterator[HostResult]:
    """Fetch CSRs into files ``HOST.NAME.csr.pem`` of a folder, and yield a result for each pair.

    A CSR that differs from the pair as its host listed it is refused. No existing file is changed. A file that already
    contains the CSR is not an error.

    Args:
        pairs: The pairs as their hosts list them now.
        seen: The fleet as the user last saw it, or None if the user saw `pairs`.

    Raises:
        InputError: The folder does not exist, or Ansible is not installed or fails.
    """
    check_folder(folder)
    changed = _changed_since_seen(pairs, seen)
    yield from changed
    refused = {(result.host, result.pair) for result in changed}
    by_host = _group_by_host(pair for pair in pairs if (pair.host, pair.pair.name) not in refused)
    calls = {
        host: " && ".join(shell_call("csr", "--", pair.pair.name) for pair in host_pairs)
        for host, host_pairs in by_host.items()
    }
    for answer in run_on_each(reach, calls):
        host_pairs = by_host[answer.host]
        for pair, csr in zip(host_pairs, _match_csrs(answer, host_pairs), strict=True):
            yield _save_csr(answer, pair, csr, folder)


def submit_csrs(
    reach: Reach, pairs: Sequence[HostPair], folder: str, seen: Fleet | None = None
) -> Iterator[HostResult]:
    """Fetch CSRs as `fetch_csrs` does, mark the fetched ones as submitted on their hosts, and yield the results."""
    fetched = set()
    for result in fetch_csrs(reach, pairs, folder, seen):
        if result.failure is None:
            fetched.add((result.host, result.pair))
        yield result
    to_mark = [pair for pair in pairs if (pair.host, pair.pair.name) in fetched]
    yield from run_on_pairs(reach, to_mark, "marked as submitted", "csr", "--mark-submitted")


def back_up(
    reach: Reach, pairs: Sequence[HostPair], folder: str, recipients: Sequence[Recipient]
) -> Iterator[HostResult]:
    """Make backups to recipients on the hosts, and yield a result for each pair.

    Args:
        folder: The folder for the backups on each host.

    Raises:
        InputError: Ansible is not installed or fails.
    """
    options = [f"--to={folder}", *(f"--recipient={recipient.text}" for recipient in recipients)]
    names = {
        host: [pair.pair.name for pair in host_pairs] for host, host_pairs in _group_by_host(pairs).items()
    }
    calls = {
        host: shell_call("backup", "--json", *options, "--", *host_names)
        for host, host_names in names.items()
    }
    for answer in run_on_each(reach, calls):
        document = document_of(answer, (0, 1))
        if isinstance(document, Failure):
            yield HostResult.failed(answer.host, document)
            continue
        results = list(host_results(answer.host, document, "backed up"))
        yield from results
        yield from missing_results(answer.host, names[answer.host], results)


def run_on_pairs(
    reach: Reach, pairs: Sequence[HostPair], text: str, command: str, *options: str
) -> Iterator[HostResult]:
    """Run a csrtui command for each pair on its host, and yield a result for each pair.

    Args:
        text: The text of a successful result.
        command: The name of the command, whose argument is the name of a pair.

    Raises:
        InputError: Ansible is not installed or fails.
    """
    commands = [(pair, message_call(command, *options, "--", pair.pair.name)) for pair in pairs]
    for pair, output in run_in_rounds(reach, commands, PAIRS_IN_ROUND):
        yield pair_result(pair, output, text)


def message_call(command: str, *arguments: str) -> str:
    """Return a shell command that calls csrtui on a host and prints its messages instead of its data."""
    return f"{shell_call(command, *arguments)} 2>&1 >/dev/null"


def pair_result(pair: HostPair, output: Output | Failure, text: str) -> HostResult:
    """Return the result of a command of `message_call` for a pair. Only a failure uses text from the host."""
    if isinstance(output, Failure):
        return HostResult.failed(pair.host, output, pair.pair.name)
    if output.status != 0:
        answer = HostAnswer(pair.host, "failed", {"rc": output.status, "stderr": output.text})
        return HostResult.failed(pair.host, failure_of(answer), pair.pair.name)
    return HostResult(pair.host, text, pair.pair.name)


def run_in_rounds(
    reach: Reach, commands: Sequence[tuple[HostPair, str]], size: int
) -> Iterator[tuple[HostPair, Output | Failure]]:
    """Run a command for each pair on its host, `size` pairs per host at a time, and yield each pair with its output."""
    by_host: dict[str, list[tuple[HostPair, str]]] = defaultdict(list)
    for pair, call in commands:
        by_host[pair.host].append((pair, call))
    pending = {host: iter(host_commands) for host, host_commands in by_host.items()}
    while not reach.stop.is_set():
        batches = {host: batch for host, others in pending.items() if (batch := list(islice(others, size)))}
        if not batches:
            return
        calls = {host: _numbered_script(command for _, command in batch) for host, batch in batches.items()}
        for answer in run_on_each(reach, calls):
            outputs = _outputs(answer)
            for number, (pair, _) in enumerate(batches[answer.host]):
                yield pair, outputs.get(number) or _missing_output(answer)


def _numbered_script(commands: Iterable[str]) -> str:
    """Return a shell script that runs commands and prints a line after each, with its number and exit status."""
    return " ".join(f'{command}; echo "# {number} $?";' for number, command in enumerate(commands)) + " :"


def _outputs(answer: HostAnswer) -> Mapping[int, Output]:
    """Return the output of each command in a script from `_numbered_script`, by the number of the command."""
    outputs, lines = {}, []
    for line in answer.text("stdout").splitlines():
        end = _END.fullmatch(line)
        if end is None:
            lines.append(line)
        else:
            outputs[int(end[1])] = Output("\n".join(lines), int(end[2]))
            lines = []
    return outputs


def _missing_output(answer: HostAnswer) -> Failure:
    if answer.outcome != "ok":
        return failure_of(answer)
    return create_failure(answer.host, Reason.UNEXPECTED, "the host sent no result for this pair")


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Certificates matched to hosts.

    Attributes:
        by_host: The PEM to send to each host: its own certificates, then all CA certificates of the input.
        unmatched: A failure for each certificate whose key is not on any known host.
    """

    by_host: dict[str, bytes]
    unmatched: list[HostResult]


def match_certificates(
    fleet: Fleet, sources: Sequence[ImportSource], passphrase: Secret | None = None
) -> Deliveries:
    """Match certificates to hosts by the keys of their pairs.

    Raises:
        InputError: A file contains a private key, or it contains no certificate.
    """
    certificates: dict[bytes, Certificate] = {}
    for source in sources:
        try:
            found = read_certificates(source.data, passphrase)
            certificates |= {certificate.der: certificate for certificate in found}
        except InputError as error:
            name = visible(source.file or "the certificates")
            raise InputError(f"{name}: {error.message}", error.hint) from error
    hosts_by_key: dict[str, set[str]] = defaultdict(set)
    for pair in fleet.pairs():
        hosts_by_key[pair.pair.record.key.spki_sha256].add(pair.host)
    by_host: dict[str, list[Certificate]] = defaultdict(list)
    unmatched = []
    for certificate in certificates.values():
        hosts = hosts_by_key.get(certificate.spki_sha256 or "", set())
        for host in hosts:
            by_host[host].append(certificate)
        if not hosts and not certificate.is_ca:
            text = f"no host that was read has the key of {certificate.display_name}"
            remedy = "check that its host is in the inventory and answers: csrtui fleet list"
            unmatched.append(HostResult.failed("", Failure(Reason.REFUSED, text, remedy)))
    authorities = [certificate for certificate in certificates.values() if certificate.is_ca]
    pem = {host: to_pem(dict.fromkeys([*own, *authorities])) for host, own in sorted(by_host.items())}
    return Deliveries(pem, unmatched)


def delivery_results(deliveries: Deliveries) -> list[Result]:
    """Return a result for each host and each unmatched certificate, or a single failure if there are none."""
    results = [Result(ok=True, text="has the key", pair=host, file=None) for host in deliveries.by_host]
    results += [Result(ok=False, text=result.text) for result in deliveries.unmatched]
    return results or [Result(ok=False, text="only CA certificates, none for a host")]


def deliver(reach: Reach, deliveries: Deliveries) -> Iterator[HostResult]:
    """Import certificates on the hosts that have their keys, and yield the results.

    Raises:
        InputError: Ansible is not installed or fails.
    """
    yield from deliveries.unmatched
    task = module_task(reach, "certificate", {"content": _CONTENT})
    content = {host: pem.decode("ascii") for host, pem in deliveries.by_host.items()}
    for answer in run_on_each(reach, dict.fromkeys(content, ""), task, csrtui_content=content):
        if answer.outcome == "ok":
            yield from host_results(answer.host, answer.result, "imported")
        else:
            yield HostResult.failed(answer.host, failure_of(answer))


def _group_by_host(pairs: Iterable[HostPair]) -> dict[str, list[HostPair]]:
    by_host: dict[str, list[HostPair]] = defaultdict(list)
    for pair in pairs:
        by_host[pair.host].append(pair)
    return dict(by_host)


def _changed_since_seen(pairs: Sequence[HostPair], seen: Fleet | None) -> list[HostResult]:
    """Return a failure for each pair that has changed in its host's list since the user saw it."""
    before = {(pair.host, pair.pair.name): pair.pair for pair in (seen.pairs() if seen is not None else ())}
    results = []
    for pair in pairs:
        seen_pair = before.get((pair.host, pair.pair.name))
        differences = [] if seen_pair is None else pair_mismatch(seen_pair, pair.pair)
        if differences:
            failure = mismatch_failure(pair.host, differences)
            remedy = f"{failure.remedy}; csrtui fleet list shows the current list"
            results.append(HostResult.failed(pair.host, replace(failure, remedy=remedy), pair.pair.name))
    return results


def _match_csrs(answer: HostAnswer, pairs: Sequence[HostPair]) -> list[Request | None]:
    """Return the CSR that the host sent for each pair, or None if there is none.

    A CSR matches a pair if it is the one that the host listed. If the host sent one CSR per pair, a pair without a
    match gets the CSR at its own position, so that the differences can be reported.
    """
    sent = list(islice(_read_csrs(answer), len(pairs)))
    by_digest = {csr.sha256: csr for csr in sent}
    in_order: list[Request | None] = [*sent] if len(sent) == len(pairs) else [None] * len(pairs)
    return [
        by_digest.get(pair.pair.record.request.sha256, csr) for pair, csr in zip(pairs, in_order, strict=True)
    ]


def _read_csrs(answer: HostAnswer) -> Iterator[Request]:
    for match in _CSR.finditer(answer.text("stdout")):
        with suppress(CsrtuiError):
            yield csrs.read_pem(match[0].encode("ascii"))


def _save_csr(answer: HostAnswer, pair: HostPair, csr: Request | None, folder: str) -> HostResult:
    """Write a CSR to the folder if it matches its pair, and return the result. Any other CSR is refused."""

    def failed(failure: Failure) -> HostResult:
        return HostResult.failed(pair.host, failure, pair.pair.name)

    if csr is None:
        if answer.outcome != "ok":
            return failed(failure_of(answer))
        text = "it did not send a CSR for each pair"
        return failed(create_failure(pair.host, Reason.UNEXPECTED, text))
    differences = csr_mismatch(csr, pair.pair)
    if differences:
        return failed(mismatch_failure(pair.host, differences))
    covers = covers_text(csr)
    pem = csrs.to_pem(csr.der)
    path = os.path.join(folder, _file_name(pair))
    with suppress(InputError):  # the file does not exist
        if read_foreign(path) == pem:
            text = f"the CSR already exists, covers {covers}"
            return HostResult(pair.host, text, pair.pair.name, path, changed=False, covers=csr.names)
    try:
        file = write_new_file(path, pem)
    except CsrtuiError as error:
        is_input = isinstance(error, InputError)
        remedy = "choose another folder" if is_input or error.hint is None else error.hint
        return failed(Failure(Reason.INPUT if is_input else Reason.STORE, error.message, remedy))
    return HostResult(pair.host, f"CSR fetched, covers {covers}", pair.pair.name, file, covers=csr.names)


def _file_name(pair: HostPair) -> str:
    """Return ``HOST.PAIR.csr.pem``; invisible characters and slashes of the host's name become ``_``."""
    name = f"{pair.host}.{pair.pair.name}.csr.pem"
    return "".join(character if is_visible(character) and character != "/" else "_" for character in name)
