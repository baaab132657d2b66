"""Verify the backups that many hosts encrypted to recipients, with an identity on this machine.

Each encrypted file is fetched and opened here, in memory. Its host then receives a confirmation, signed with the key
from the backup, and marks the backup as verified. Neither keys nor identities are sent to a host.
"""

import shlex
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256

from csrtui.core.backups.age import MAX_BYTES
from csrtui.core.base.errors import CsrtuiError, RefusedError
from csrtui.core.base.secret import Secret
from csrtui.core.pairs.pair import BackupStatus
from csrtui.fleet.host_answer import Failure, Reason, create_failure
from csrtui.fleet.host_states import HostPair
from csrtui.fleet.tasks.pairs import PAIRS_IN_ROUND, Output, message_call, pair_result, run_in_rounds
from csrtui.fleet.tasks.results import HostResult
from csrtui.fleet.tasks.run_on_hosts import Reach
from csrtui.tasks.backup_contents import BackupContents, PassphraseNeededError, parse_contents
from csrtui.tasks.session import Session
from csrtui.tasks.verify import verify_with_identity

_FETCHES = 200
"""The number of files that a host sends in one run. The command for them must fit into an argument (128 KiB)."""


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
        pairs: The pairs, whose best backups are to recipients.
        identities: The text of an age identity file, or an SSH private key.

    Raises:
        InputError: Ansible is not installed or fails.
    """
    confirmations = []
    for pair, output in run_in_rounds(reach, [(pair, _fetch(pair)) for pair in pairs], _FETCHES):
        token = (
            output if isinstance(output, Failure) else _open(session, pair, output, identities, passphrase)
        )
        if isinstance(token, Failure):
            yield HostResult.failed(pair.host, token, pair.pair.name)
        else:
            confirmations.append((pair, message_call("verify", "--confirm", token)))
    for pair, output in run_in_rounds(reach, confirmations, PAIRS_IN_ROUND):
        result = pair_result(pair, output, "restored here and verified")
        backup = pair.pair.record.backup
        yield replace(result, file=backup.path) if backup and result.failure is None else result


def _fetch(pair: HostPair) -> str:
    """Return the shell command that prints the backup of a pair in base64."""
    backup = pair.pair.record.backup
    path = shlex.quote(backup.path if backup else "")
    return f"head -c {MAX_BYTES + 1} -- {path} 2>/dev/null | base64"


def _open(
    session: Session, pair: HostPair, output: Output, identities: bytes, passphrase: Secret | None
) -> str | Failure:
    """Restore the backup that a host sent, and return the token that confirms this to the host, or the failure."""
    record = pair.pair.record
    path = record.backup.path if record.backup else ""
    try:
        data = b64decode("".join(output.text.split()), validate=True)
        if not data:
            remedy = "back it up again: csrtui fleet backup"
            return Failure(Reason.REFUSED, "the file of its backup is missing or cannot be read", remedy)
        content = parse_contents(data, identities)
        if content.csr.sha256 != record.request.sha256:
            raise RefusedError("it contains a CSR other than the pair's")
        backup = BackupContents(path, sha256(data).hexdigest(), content)
        token = verify_with_identity(session, backup, passphrase, ()).confirm
    except PassphraseNeededError:
        remedy = "csrtui fleet verify --passphrase-file FILE"
        return Failure(Reason.REFUSED, "its key has a passphrase, which the restore test needs", remedy)
    except CsrtuiError as error:
        text = f"its backup cannot be restored: {error.message}"
        return Failure(Reason.REFUSED, text, error.hint or f"run csrtui doctor on {pair.host}")
    except ValueError:
        return create_failure(pair.host, Reason.UNEXPECTED, "the host did not send its backup in base64")
    return token or ""
