"""A program that runs many processes on one store at the same time, and kills some of them.

Each process logs the start and the reported end of its actions. In the end, the store is compared with
all logs. The program prints the results as JSON.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

SUPPORT = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(os.path.dirname(SUPPORT)), SUPPORT]

from backups_made import PASSPHRASE, QUICK  # noqa: E402 - the path comes first
from certificates_made import intermediate, pem  # noqa: E402 - the same
from cryptography import x509  # noqa: E402 - the same

from csrtui.cli.main import run  # noqa: E402 - the same
from csrtui.core.doctor.finding import FindingCode  # noqa: E402 - the same
from csrtui.core.keys import pkcs8  # noqa: E402 - the same
from csrtui.core.pairs.pair import BackupStatus  # noqa: E402 - the same
from csrtui.store import summary_reader  # noqa: E402 - the same
from csrtui.store.keystore import Keystore  # noqa: E402 - the same
from csrtui.tasks.doctor import Examination  # noqa: E402 - the same
from csrtui.tasks.list import read_all_pairs, read_pair  # noqa: E402 - the same
from csrtui.tasks.session import Session  # noqa: E402 - the same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from csrtui.core.pairs.pair import PairRecord

_BETWEEN_KILLS = 0.15
"""Seconds."""
_MANY = 20
"""The number of pairs from which the cache is used, so that processes share it too."""
_NAMES = ("a.com", "b.com", "c.com", "d.com")
_LEFT_BEHIND = frozenset(
    {
        FindingCode.LEFTOVER_CREATION,
        FindingCode.LEFTOVER_TEMPORARY,
        FindingCode.BACKUP_NONE,
        FindingCode.BACKUP_SAME_DISK,
        FindingCode.BACKUP_OUTDATED,
        FindingCode.RENEWAL_BROKEN,
        FindingCode.RENEWAL_NOT_NOTED,
        FindingCode.VALIDITY_DISAGREES,
    }
)
"""Permitted findings of the doctor: no backup yet, a retired successor, and leftovers of a kill."""
_EXCUSES = (
    " is in use by ",
    "is already renewed",
    "now records",
    "is retired",
    "older than the certificate",
    "was retired",
)
"""Permitted reasons for a refusal beside other processes."""


class Hand:
    """One process.

    Args:
        place: The folder of the store and all other files.
        log: The log file of the process.
        seed: The seed of its choices.
    """

    def __init__(self, place: Path, log: Path, seed: int) -> None:
        self._place = place
        self._store = Keystore(str(place / "store"))
        self._given = log.with_suffix(".pem")
        self._random = random.Random(seed)  # noqa: S311 - chooses what to do
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def work(self, until: float) -> None:
        """Do one action after the other."""
        verbs: Sequence[Callable[[], None]] = (
            self._new, self._new, self._backup, self._import, self._renew, self._retire, self._submit, self._list,
        )  # fmt: skip
        while time.monotonic() < until:
            self._random.choice(verbs)()

    def _new(self) -> None:
        if (found := self._command("new", "", "new", self._random.choice(_NAMES), "--json")) is not None:
            self._write("done", "new", found["name"])

    def _renew(self) -> None:
        if (pair := self._any()) and (
            found := self._command("renew", pair, "renew", pair, "--json")
        ) is not None:
            self._write("done", "renew", found["name"], pair)

    def _backup(self) -> None:
        options = (
            "--to",
            str(self._place / "usb"),
            "--passphrase-file",
            str(self._place / "passphrase"),
            "--json",
        )
        if (pair := self._any()) and (
            found := self._command("backup", pair, "backup", pair, *options)
        ) is not None:
            self._write("done", "backup", pair, found["results"][0]["file"])

    def _import(self) -> None:
        if not (pair := self._any()):
            return
        asked = read_pair(Session(self._store), pair)[1]
        start = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=self._random.randrange(20_000))
        issued = intermediate().sign(asked.der, start=start, days=150, serial=self._random.getrandbits(64))
        self._given.write_bytes(pem(issued, intermediate().certificate))
        if self._command("import", pair, "import", str(self._given), "--json") is not None:
            self._write("done", "import", pair, str(issued.serial_number))

    def _retire(self) -> None:
        if (
            self._random.random() < 0.2
            and (pair := self._any())
            and self._command("retire", pair, "retire", pair, "--json")
        ):
            self._write("done", "retire", pair)

    def _submit(self) -> None:
        if (pair := self._any()) and self._command(
            "submit", pair, "csr", pair, "--mark-submitted"
        ) is not None:
            self._write("done", "submit", pair)

    def _list(self) -> None:
        found = self._command("list", "", "list", "--json", "--retired")
        if found is not None:
            self._write("done", "list", str(len(found["pairs"])))

    def _any(self) -> str | None:
        names = self._store.names()
        return self._random.choice(names) if names else None

    def _command(self, verb: str, pair: str, *words: str) -> dict[str, Any] | None:
        """Run the command line, and return its output if it reports success."""
        self._write("begun", verb, pair)
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = run([*words, "--store", self._store.path], open_screens=lambda *_: 2)
            out.flush()
        printed = out.buffer.getvalue().decode()
        said = err.getvalue() + printed
        if status:
            if not any(excuse in said for excuse in _EXCUSES):
                self._write("wrong", verb, pair, f"{status}: {said[-800:]}")
            return None
        found: dict[str, Any] = json.loads(printed) if printed.startswith("{") else {}
        return found

    def _write(self, *words: str) -> None:
        os.write(self._log, f"{json.dumps(words)}\n".encode())


def main(place: str, processes: str, seconds: str, seed: str, how: str) -> None:
    """Run the processes for some seconds, then compare the store with their logs.

    `how` is ``locked`` or ``unlocked``. With the latter, every lock is granted, which the test must notice.
    """
    pkcs8.ITERATIONS = QUICK
    if how == "unlocked":
        fcntl.flock = lambda *_: None
    summary_reader.CACHE_FROM = _MANY  # type: ignore[attr-defined,misc,unused-ignore] # the cache is used from hundreds of pairs on
    path, chance = Path(place), random.Random(int(seed))  # noqa: S311 - chooses whom to kill
    (path / "store").mkdir(mode=0o700)
    (path / "usb").mkdir()
    (path / "passphrase").write_text(f"{PASSPHRASE.revealed}\n")
    (path / "passphrase").chmod(0o600)
    (path / "logs").mkdir()
    intermediate()
    until = time.monotonic() + float(seconds)
    hands: set[int] = set()
    kills = started = 0
    while time.monotonic() < until:
        while len(hands) < int(processes):
            started += 1
            hands.add(_start(path, started, chance.getrandbits(32), until))
        time.sleep(_BETWEEN_KILLS)
        victim = chance.choice(sorted(hands))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        hands.remove(victim)
        kills += 1
    crashes = sum(os.waitpid(hand, 0)[1] != 0 for hand in hands)
    lines = [
        json.loads(line)
        for log in sorted((path / "logs").glob("*.log"))
        for line in log.read_text().splitlines()
    ]
    wrong = [f"{crashes} ended in an error"] if crashes else []
    wrong += [str(line) for line in lines if line[0] == "wrong"]
    wrong += Held(path, lines).against_the_store()
    done = Counter(line[1] for line in lines if line[0] == "done")
    print(json.dumps({"done": done, "kills": kills, "wrong": wrong}))  # noqa: T201 - the answer


def _start(path: Path, number: int, seed: int, until: float) -> int:
    child = os.fork()
    if child:
        return child
    os.umask(0)
    os.dup2(os.open(path / "logs" / f"{number}.err", os.O_WRONLY | os.O_CREAT, 0o600), 2)
    Hand(path, path / "logs" / f"{number}.log", seed).work(until)
    os._exit(0)


class Held:
    """The logs of the processes, compared with the store.

    Args:
        path: The folder of the store and all other files.
        lines: The lines of the logs.
    """

    def __init__(self, path: Path, lines: list[list[str]]) -> None:
        self._path = path
        self._session = Session(Keystore(str(path / "store")), user="joe")
        self._done = [line[1:] for line in lines if line[0] == "done"]
        begun = Counter((line[1], line[2]) for line in lines if line[0] == "begun")
        refused = Counter((line[1], line[2]) for line in lines if line[0] == "wrong")
        told: Counter[tuple[str, str]] = Counter()
        for verb, *rest in self._done:
            told[verb, rest[1] if verb == "renew" else "" if verb in {"new", "list"} else rest[0]] += 1
        self._open = begun - told - refused
        """Actions that were started and not reported as done. They may have happened or not."""
        self._wrong: list[str] = []

    def against_the_store(self) -> list[str]:
        """Return the differences."""
        found = read_all_pairs(self._session)
        self._expect(not found.problems, f"cannot be read: {found.problems}")
        records = {pair.name: pair.record for pair in found.pairs}
        made = [rest[0] for verb, *rest in self._done if verb in {"new", "renew"}]
        self._expect(len(made) == len(set(made)), "two were told the same name")
        self._expect(set(made) <= set(records), f"lost: {set(made) - set(records)}")
        more = len(records) - len(made)
        maybe = sum(times for (verb, _), times in self._open.items() if verb in {"new", "renew"})
        self._expect(more <= maybe, f"{more} pairs more than were made, {maybe} could be")
        for verb, *rest in self._done:
            self._check(verb, rest, records)
        self._check_histories(records)
        for finding in Examination(self._session).run():
            self._expect(finding.code in _LEFT_BEHIND, f"doctor: {finding}")
        self._session.store.remove_leftovers()
        self._expect(self._session.store.leftovers() == [], "leftovers stay")
        return self._wrong

    def _check(self, verb: str, rest: list[str], records: dict[str, PairRecord]) -> None:
        record = records.get(rest[0])
        if verb == "list" or record is None:
            return
        kept = True
        match verb:
            case "backup":
                kept = any(
                    one.path == rest[1] and one.status is BackupStatus.VERIFIED for one in record.backups
                )
                kept = kept and os.path.exists(rest[1])
            case "import":
                kept = int(rest[1]) in self._serials(rest[0])
            case "retire":
                kept = record.retired is not None
            case "submit":
                kept = record.submitted is not None
            case "renew":
                kept = record.renews == rest[1] and records[rest[1]].renewed_by is not None
        self._expect(kept, f"told to be done, and is not there: {verb} {rest}")

    def _serials(self, name: str) -> set[int]:
        folder = self._path / "store" / "pairs" / name
        return {
            x509.load_pem_x509_certificates(path.read_bytes())[0].serial_number
            for path in folder.glob("certificate*.pem")
        }

    def _check_histories(self, records: dict[str, PairRecord]) -> None:
        """Check that no change undid another one: each change that was reported as done is in the history."""
        told = Counter(
            (verb, rest[1] if verb == "renew" else rest[0]) for verb, *rest in self._done if verb != "list"
        )
        words = {
            "backup": "backed up",
            "submit": "submitted",
            "renew": "renewed by",
            "import": "certificate imported",
        }
        for name, record in records.items():
            for verb, word in words.items():
                noted = sum(event.text.startswith(word) for event in record.history)
                most = told[verb, name] + self._open[verb, name]
                self._expect(
                    told[verb, name] <= noted <= most,
                    f"{name}: {noted} times {verb} in its history, {told[verb, name]} to {most} times done",
                )

    def _expect(self, holds: bool, what: str) -> None:
        if not holds:
            self._wrong.append(what)


if __name__ == "__main__":
    main(*sys.argv[1:])
