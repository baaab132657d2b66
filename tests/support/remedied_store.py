"""A store that a test breaks, the doctor examines as a process, and its remedy repairs in a real shell."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from backups_made import PASSPHRASE, key_block
from certificates_made import pem, root
from command import QUICK, run_here
from pty_session import PtySession
from recipients_made import age_pair
from requests_made import key_of, record

from csrtui.core.backups import backup_file
from csrtui.core.backups.header import NO_DETAILS, Details, KeyProtection
from csrtui.core.base.validity import Validity
from csrtui.core.certificates import csr as request
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.facts import KeyFacts, RequestFacts
from csrtui.core.pairs.pair import Backup, BackupStatus, PairRecord
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.core.subject.fields import SubjectFields
from csrtui.store.keystore import Keystore, PairFiles
from csrtui.tasks.doctor import Examination
from csrtui.tasks.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from csrtui.core.keys.key_types import PrivateKey

HOSTILE_NAME = 'it\'s "$HOME"; && csrtui retire a.com; `id` ü'
"""A folder name that a shell must not interpret."""
UNPRINTABLE_NAME = "\x1b[2J\u202e%s\\\n'x"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Found:
    """A finding of the doctor, as in its JSON document."""

    code: str
    level: str
    path: str
    text: str
    remedy: str
    kind: str

    @property
    def identity(self) -> tuple[str, str]:
        """The parts of the finding that stay the same in the next examination."""
        return self.code, self.path


class RemediedStore:
    """A store with the pair a.com, its certificate and one verified backup, in the present.

    Args:
        folder: The folder for everything.
        name: The name of the folder in it that contains the store.
    """

    def __init__(self, folder: Path, name: str = HOSTILE_NAME) -> None:
        self.base = folder
        self.path = folder / name / "store"
        self.pair = self.path / "pairs/a.com"
        self.usb = folder / name / "usb"
        self.other_usb = folder / name / "other usb"
        self.certificate_file = folder / name / "issued.pem"
        self.chain_file = folder / name / "chain.pem"
        self.identity_file = folder / name / "identity"
        self.config = folder / name / "config.toml"
        self.backup = self.usb / "a.com.backup.pem"
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._csrtui = folder / "bin/csrtui"
        self._program = folder / "bin/program.py"
        for path in (self.path.parent, self.usb, self.other_usb, self._csrtui.parent):
            path.mkdir(mode=0o700)
        self.config.write_text("[screens]\nmouse = false\n")
        self._program.write_text(QUICK)
        self._csrtui.write_text(
            "#!/bin/sh\nprintf '%s\\0' \"$@\" > /dev/fd/$ARGUMENTS\nread -r status < /dev/fd/$STATUS\nexit $status\n"
        )
        self._csrtui.chmod(0o755)
        self._make(key_of(KeyType.EC_P256))

    def _make(self, key: PrivateKey) -> None:
        csr = request.read_der(request.build(SubjectFields(common_name="a.com"), ["a.com"], key))
        certificate = root().sign(csr.der, start=self.now - 9 * DAY, days=90)
        chain = pem(certificate, root().certificate)
        self.files = PairFiles(key_types.private_pem(key), request.to_pem(csr.der), b"", chain)
        self.certificate_file.write_bytes(chain)
        self.chain_file.write_bytes(pem(root().certificate))
        self.record: PairRecord = record(
            created=self.now - 10 * DAY,
            key=KeyFacts(key_types.name_of(key.public_key()), encrypted=False, spki_sha256=csr.spki_sha256),
            request=RequestFacts(csr.sha256, csr.signature_hash),
            submitted=self.now - 9 * DAY,
            validity=Validity(certificate.not_valid_before_utc, certificate.not_valid_after_utc),
        )
        self.record = self.record._replace(backups=(self.back_up(key),))
        Keystore(str(self.path)).add("a.com", self.files._replace(record=dump_record(self.record)))

    def back_up(self, signer: PrivateKey | None) -> Backup:
        """Write the backup, signed unless there is no key to sign with, and return its entry in the record."""
        text = backup_file.compose(
            "a.com",
            self.now,
            key_protection=KeyProtection.PLAIN,
            key_pem=key_block(),
            csr=request.read_pem(self.files.csr),
            certificates=self.certificate_file.read_bytes(),
            details=Details.from_record(self.record) if signer else NO_DETAILS,
            signer=signer,
        )
        self.backup.write_bytes(text)
        return self.recorded(self.backup, signed=signer is not None)

    def recorded(self, path: Path, *, verified: bool = True, signed: bool = True) -> Backup:
        """Return the entry of a backup in the record of the pair."""
        made = self.now - 8 * DAY
        status = BackupStatus.VERIFIED if verified else BackupStatus.UNVERIFIED
        digest = sha256(path.read_bytes()).hexdigest()
        return Backup(status, str(path), made, made if verified else None, digest, signed=signed)

    def change(self, **changes: Any) -> None:
        """Write another record."""
        self.record = self.record._replace(**changes)
        self.pair.joinpath("pair.json").write_bytes(dump_record(self.record))

    def use_key(self, key: PrivateKey) -> None:
        """Replace the pair with a complete one that has this key. Its backup is then useless."""
        self.pair.rename(self.base / "unused")
        self._make(key)

    def back_up_to_recipient(self, *, verified: bool) -> Path:
        """Replace the backup with one to a recipient, made by csrtui, and return it."""
        identity, recipient = age_pair()
        self.identity_file.write_bytes(identity)
        self.identity_file.chmod(0o600)
        self.change(backups=())
        self.call("backup", "a.com", "--to", str(self.usb), "--recipient", recipient)
        (path,) = self.usb.glob("*.age")
        if verified:
            self.call("verify", str(path), "--identity", str(self.identity_file))
        self.record = load_record(self.pair.joinpath("pair.json").read_bytes())
        return path

    def examine(self) -> list[Found]:
        """Return the findings of the doctor, run within this process."""
        examination = Examination(
            Session(Keystore(str(self.path))), str(self.config), store_argument=str(self.path)
        )
        return [_found(one.as_json()) for one in examination.run()]

    def examine_as_command(self) -> list[Found]:
        """Return the findings of ``csrtui doctor --json``."""
        return [_found(one) for one in json.loads(self.call("doctor", "--json"))["findings"]]

    def call(self, *arguments: str) -> str:
        """Run csrtui on this store within this process, and return its output."""
        config = {"CSRTUI_CONFIG": str(self.config)}
        ran = run_here(*arguments, "--store", str(self.path), store=None, env=config)
        assert ran.status in {0, 1}, ran.err
        return ran.out

    def filled_in(self, template: str) -> str:
        """Return a template with its words in capitals replaced."""
        values = {
            "DIR": self.other_usb,
            "CERTIFICATE": self.certificate_file,
            "CHAIN": self.chain_file,
            "IDENTITY": self.identity_file,
        }
        for word, value in values.items():
            head, found, tail = template.rpartition(f" {word}")
            template = f"{head} {shlex.quote(str(value))}{tail}" if found else template
        return template

    def run(
        self, text: str, prompts: int = 0, answer: str = f"{PASSPHRASE.revealed}\n", consent: str = ""
    ) -> int:
        """Run a remedy in ``sh``, answer its question, then each prompt, and return its exit status.

        The shell passes the arguments of csrtui to this process, which runs it on a terminal and returns its status.
        """
        argv = ["sh", "-c", 'cd -- "$1" && eval "$2"', "sh", str(self.base), text]
        with ExitStack() as stack:
            (arguments, arguments_end), (status_end, status) = os.pipe(), os.pipe()
            env = os.environ | {
                "PATH": f"{self._csrtui.parent}:/usr/sbin:/usr/bin:/sbin:/bin",
                "ARGUMENTS": str(arguments_end),
                "STATUS": str(status_end),
            }
            shell = stack.enter_context(subprocess.Popen(argv, env=env, pass_fds=[arguments_end, status_end]))
            for descriptor in (arguments_end, status_end):
                os.close(descriptor)
            for descriptor in (arguments, status):
                stack.callback(os.close, descriptor)
            prompted = 0
            while given := os.read(arguments, 1 << 16):
                words = [word.decode(errors="surrogateescape") for word in given.split(b"\0")[:-1]]
                code, count = self._run_csrtui(words, answer, consent)
                os.write(status, f"{code}\n".encode())
                prompted += count
        assert prompted == prompts
        return shell.returncode

    def _run_csrtui(self, words: list[str], answer: str, consent: str) -> tuple[int, int]:
        """Return the exit status of csrtui and the number of its prompts."""
        argv = [sys.executable, str(self._program), *words]
        env = {"CSRTUI_STORE": None, "CSRTUI_CONFIG": str(self.config)}
        with PtySession(argv, env=env, columns=400) as terminal:
            if consent:
                terminal.wait_for("[y/N]")
                terminal.send(consent)
            count = 0
            while True:
                terminal.wait_until(partial(_has_prompts, terminal, count + 1), "a prompt or the end")
                if _prompts(terminal) == count:
                    return terminal.wait_exit(), count
                terminal.send(answer)
                count += 1

    def treasures(self) -> set[bytes]:
        """Return the contents of all keys, CSRs, certificates and backups in all folders."""
        return {
            path.read_bytes()
            for path in self.base.rglob("*")
            if path.is_file()
            and not path.is_symlink()
            and "/.new-" not in str(path)
            and path.name.endswith((".pem", ".age"))
        }


def _found(finding: dict[str, Any]) -> Found:
    names = ("code", "level", "path", "text", "remedy", "remedy_kind")
    return Found(*(finding[name] for name in names))


def _has_prompts(terminal: PtySession, count: int) -> bool:
    """Return whether the program has asked this often, or has ended."""
    has_ended = os.waitid(os.P_PID, terminal.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return _prompts(terminal) >= count or has_ended is not None


def _prompts(terminal: PtySession) -> int:
    return sum(terminal.raw.count(prompt) for prompt in (b"Passphrase ", b"Repeat it: "))
