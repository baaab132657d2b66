"""Verify the backups to recipients of many hosts with an identity on this machine.

Each encrypted file is fetched and opened here, in memory. Its host then gets a confirmation that is signed with the key
in it, and marks the backup as verified. No key and no identity is sent to a host.
"""

import re
import shlex
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from csrtui.core.backups.age import MAX_BYTES
from csrtui.core.base.errors import CsrtuiError, RefusedError
from csrtui.core.base.secret import Secret
from csrtui.core.pairs.pair import BackupStatus
from csrtui.fleet.host_answer import HostAnswer, failure_of
from csrtui.fleet.host_finding import create_failure
from csrtui.fleet.model import Failure, HostPair, Reason
from csrtui.fleet.tasks.run_on_hosts import HostResult, Reach, run_on_each, shell_call
from csrtui.tasks.backup_contents import BackupContents, PassphraseNeededError, parse_contents
from csrtui.tasks.session import Session
from csrtui.tasks.verify import verify_with_identity

_FETCHES = 200
"""The number of files that a host sends in one run. The command for them must fit into an argument (128 KiB)."""
_CONFIRMATIONS = 20
"""The number of confirmations for a host in one run: each takes a fraction of a second, and the host has 30 seconds."""
_END = re.compile(r"# ([0-9]{1,4}) ([0-9]{1,3})")
"""The line after the output of each command: its number and exit status."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A backup that was restored here, and the confirmation for its host."""

    pair: HostPair
    token: str


def unverified(pairs: Iterable[HostPair]) -> list[HostPair]:
    """Return the pairs whose best backup is unverified and can only be opened with an identity."""
    return [pair for pair in pairs if pair.pair.record.awaits_identity]


def with_recipients(pairs: Iterable[HostPair]) -> list[HostPair]:
    """Return the pairs whose best backup can only be opened with an identity, verified or not."""
    return [
        pair
        for pair in pairs
        if pair.pair.record.backup_status in {BackupStatus.UNVERIFIED, BackupStatus.VERIFIED}
        and (backup := pair.pair.record.backup) is not None
        and backup.to_recipients
    ]


def verify_backups(
    session: Session,
    reach: Reach,
    pairs: Sequence[HostPair],
    identities: bytes,
    passphrase: Secret | None = None,
) -> Iterator[HostResult]:
    """Verify the best backup of each pair, and yield a result for each pair.

    Args:
        session: The session, whose clock dates the confirmations.
        reach: How to reach the hosts.
        pairs: The pairs, whose best backups are to recipients.
        identities: The text of an age identity file, or an SSH private key.
        passphrase: The passphrase of the keys that have one, or None.

    Raises:
        InputError: Ansible is not installed or fails.
    """
    opened: dict[str, list[_Opened]] = defaultdict(list)
    fetches = [(pair, _fetch(pair)) for pair in pairs]
    for pair, output in _run_in_rounds(reach, fetches, _FETCHES):
        result = (
            output if isinstance(output, Failure) else _open(session, pair, output, identities, passphrase)
        )
        if isinstance(result, Failure):
            yield HostResult.failed(pair.host, result, pair.pair.name)
        else:
            opened[pair.host].append(result)
    confirmations = [
        (backup.pair, f"{shell_call('verify', '--confirm', backup.token)} 2>&1")
        for backups in opened.values()
        for backup in backups
    ]
    for pair, output in _run_in_rounds(reach, confirmations, _CONFIRMATIONS):
        yield _confirmation_result(pair, output)


@dataclass(frozen=True, slots=True)
class _Output:
    """The output of a command on a host, and its exit status."""

    text: str
    status: int


def _fetch(pair: HostPair) -> str:
    """Return the shell command that prints the backup of a pair in base64."""
    backup = pair.pair.record.backup
    path = shlex.quote(backup.path if backup else "")
    return f"head -c {MAX_BYTES + 1} -- {path} 2>/dev/null | base64"


def _run_in_rounds(
    reach: Reach, commands: Sequence[tuple[HostPair, str]], size: int
) -> Iterator[tuple[HostPair, _Output | Failure]]:
    """Run a command for each pair on its host, at most `size` of a host at a time, and yield each pair and its output."""
    by_host: dict[str, list[tuple[HostPair, str]]] = defaultdict(list)
    for pair, command in commands:
        by_host[pair.host].append((pair, command))
    pending = {host: iter(host_commands) for host, host_commands in by_host.items()}
    while not reach.stop.is_set():
        batches = {host: batch for host, rest in pending.items() if (batch := list(islice(rest, size)))}
        if not batches:
            return
        calls = {host: _numbered(command for _, command in batch) for host, batch in batches.items()}
        for answer in run_on_each(reach, calls):
            outputs = _outputs(answer)
            for number, (pair, _) in enumerate(batches[answer.host]):
                yield pair, outputs.get(number) or _missing(answer)


def _numbered(commands: Iterable[str]) -> str:
    """Return a shell script that runs commands and prints a line after each, with its number and exit status."""
    return " ".join(f'{command}; echo "# {number} $?";' for number, command in enumerate(commands)) + " :"


def _outputs(answer: HostAnswer) -> Mapping[int, _Output]:
    """Return the outputs of the commands of `_numbered` by their numbers."""
    outputs, lines = {}, []
    for line in answer.text("stdout").splitlines():
        end = _END.fullmatch(line)
        if end is None:
            lines.append(line)
        else:
            outputs[int(end[1])] = _Output("\n".join(lines), int(end[2]))
            lines = []
    return outputs


def _missing(answer: HostAnswer) -> Failure:
    if answer.outcome != "ok":
        return failure_of(answer)
    return create_failure(answer.host, Reason.UNEXPECTED, "the host did not answer about this pair")


def _open(
    session: Session, pair: HostPair, output: _Output, identities: bytes, passphrase: Secret | None
) -> _Opened | Failure:
    """Restore the backup that a host sent, and return the confirmation for it, or the failure."""
    record = pair.pair.record
    path = record.backup.path if record.backup else ""
    try:
        data = b64decode("".join(output.text.split()), validate=True)
        if not data:
            remedy = "back it up again: csrtui fleet backup"
            return Failure(Reason.REFUSED, "the file of its backup is missing or cannot be read", remedy)
        content = parse_contents(data, identities)
        if content.csr.sha256 != record.request.sha256:
            raise RefusedError("it contains another CSR than that of the pair")
        backup = BackupContents(path, sha256(data).hexdigest(), content)
        token = verify_with_identity(session, backup, passphrase, ()).confirm
    except PassphraseNeededError:
        remedy = "csrtui fleet verify --passphrase-file FILE"
        return Failure(Reason.REFUSED, "its key has a passphrase, which the restore test needs", remedy)
    except CsrtuiError as error:
        text = f"its backup does not restore: {error.message}"
        return Failure(Reason.REFUSED, text, error.hint or f"run csrtui doctor on {pair.host}")
    except ValueError:
        return create_failure(pair.host, Reason.UNEXPECTED, "the host did not send its backup in base64")
    return _Opened(pair, token or "")


def _confirmation_result(pair: HostPair, output: _Output | Failure) -> HostResult:
    backup = pair.pair.record.backup
    if isinstance(output, Failure):
        return HostResult.failed(pair.host, output, pair.pair.name)
    if output.status != 0:
        failure = create_failure(pair.host, Reason.REFUSED, quote=output.text)
        return HostResult.failed(pair.host, failure, pair.pair.name)
    return HostResult(
        pair.host, "restored here and verified", pair.pair.name, backup.path if backup else None
    )
