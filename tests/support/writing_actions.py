"""A table of all actions that write: their input, the action itself, and a check that it was done.

All actions start with the same place, which is made once and copied. Commands run through the command line.
Actions of the screens call the same functions as the screens.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from backups_made import PASSPHRASE
from certificates_made import intermediate, pem
from exports_made import issued_pair
from foreign_made import ec_key, pkcs8
from pairs_made import new_pair, order
from requests_made import NOW

from csrtui.cli.main import run
from csrtui.cli.output import print_error
from csrtui.core.base.errors import CsrtuiError
from csrtui.core.certificates import csr
from csrtui.core.config.settings import Profile, parse_config
from csrtui.core.pairs.pair import BackupStatus, PairRecord
from csrtui.core.subject.fields import SubjectFields
from csrtui.store import summary_reader
from csrtui.store.keystore import Keystore
from csrtui.store.summary_reader import SummaryCache
from csrtui.tasks.backup import back_up
from csrtui.tasks.draft import Draft, SessionDraft, dump_draft, newest_draft, recall_folder, remember_folder
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import Session
from csrtui.tasks.settings import save_profile
from csrtui.tasks.submit import CsrForm, write_csr

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOREIGN = "b.com.20200101-000000.backup.pem"
"""The file of another user in the folder for backups."""
ISSUED, BARE, GONE, ADOPTED = "a.com", "b.com", "gone.com", "found.com"
"""The pairs: with certificate and backup; with neither; only as a backup; only as key, CSR and certificate."""
_ROWS = "common_name,names\nrow1.com,www.row1.com\nrow2.com,\nrow3.com,\n"


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an action: a store, and foreign folders around it.

    Args:
        path: The folder of the place.
    """

    path: Path

    @property
    def store(self) -> Path:
        """The keystore."""
        return self.path / "store"

    @property
    def usb(self) -> Path:
        """The folder for backups."""
        return self.path / "usb"

    @property
    def out(self) -> Path:
        """The folder for exports."""
        return self.path / "out"

    @property
    def given(self) -> Path:
        """The folder with foreign files."""
        return self.path / "given"

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.path / "config" / "config.toml"

    @property
    def environ(self) -> dict[str, str]:
        """The environment with the path of the configuration."""
        return {"CSRTUI_CONFIG": str(self.config)}

    def session(self) -> Session:
        """Return a session on the store."""
        return Session(Keystore(str(self.store)), user="joe")

    def record(self, name: str) -> PairRecord:
        """Return the record of a pair."""
        return read_pair(self.session(), name)[0].record

    def names(self) -> set[str]:
        """The names of the pairs."""
        return set(self.session().store.names())


def make_place(path: Path) -> Place:
    """Make the input of all actions."""
    place = Place(path)
    for folder in (place.usb, place.out, place.given, place.config.parent):
        folder.mkdir(0o700, parents=True)
    session = Session(Keystore(str(place.store)), user="joe", clock=lambda: NOW)
    for name in (ISSUED, GONE):
        issued_pair(session, name)
        back_up(session, name, order(place.usb))
    new_pair(session, BARE)
    _make_given(place, session)
    shutil.rmtree(place.store / "pairs" / GONE)
    shutil.rmtree(place.store / ".locks")
    (place.usb / FOREIGN).write_bytes(b"not to be touched")
    (place.out / "neighbour.pem").write_bytes(b"not to be touched")
    save_profile(place.environ, "kept", Profile(organization="Kept Ltd"))
    session.store.save_draft(dump_draft(Draft(common_name="old.com")))
    hidden = place.store / "pairs" / ".new-0123456789abcdef"  # leftover of an interrupted creation
    hidden.mkdir(0o700)
    (hidden / "key.pem").write_bytes(pkcs8(ec_key(8)))
    (hidden / "key.pem").chmod(0o600)
    return place


def _make_given(place: Place, session: Session) -> None:
    later = datetime(2026, 11, 22, tzinfo=UTC)
    for name in (ISSUED, BARE):
        asked = read_pair(session, name)[1]
        leaf = intermediate().sign(asked.der, start=later, days=199, serial=77)
        (place.given / f"{name}.pem").write_bytes(pem(leaf, intermediate().certificate))
    key = ec_key(7)
    asked_der = csr.build(SubjectFields(common_name=ADOPTED), (ADOPTED,), key)
    (place.given / "key.pem").write_bytes(pkcs8(key))
    (place.given / "request.pem").write_bytes(csr.to_pem(asked_der))
    (place.given / "cert.pem").write_bytes(pem(intermediate().sign(asked_der)))
    (place.given / "rows.csv").write_text(_ROWS)
    (place.given / "passphrase").write_text(f"{PASSPHRASE.revealed}\n")
    for path in place.given.iterdir():
        path.chmod(0o600)


@dataclass(frozen=True, slots=True)
class Action:
    """An action that writes.

    Attributes:
        name: The name in the table of results.
        act: The function that runs it and returns the exit status.
        done: The function that returns whether it is completely done.
        again: The permitted exit statuses, besides 0, of a repetition.
        many: Whether several threads make its calls, so that their order can vary.
        writes: The folders outside the store in which it may create files.
        quiet: Whether a failure is not an error, because the place does not show whether it was done.
    """

    name: str
    act: Callable[[Place], int]
    done: Callable[[Place], bool]
    again: frozenset[int] = frozenset()
    many: bool = False
    writes: str = ""
    quiet: bool = False


def command(*words: str) -> Callable[[Place], int]:
    """Return an action that runs the command line. ``{usb}`` and other names in braces stand for the folders."""

    def act(place: Place) -> int:
        folders = {name: str(getattr(place, name)) for name in ("store", "usb", "out", "given", "path")}
        return run([word.format(**folders) for word in words], open_screens=lambda *_: 2)

    return act


def called(function: Callable[[Place], object]) -> Callable[[Place], int]:
    """Return an action that calls a function like a screen does, and reports its error like the command line."""

    def act(place: Place) -> int:
        try:
            function(place)
        except CsrtuiError as error:
            print_error(error)
            return error.exit_code
        return 0

    return act


def _has(*names: str) -> Callable[[Place], bool]:
    return lambda place: set(names) <= place.names()


def _record_says(name: str, holds: Callable[[PairRecord], object]) -> Callable[[Place], bool]:
    return lambda place: bool(holds(place.record(name)))


def _is_backed_up(place: Place) -> bool:
    return any(
        backup.status is BackupStatus.VERIFIED and os.path.exists(backup.path)
        for backup in place.record(BARE).backups
    )


def _is_renewed(place: Place) -> bool:
    by = place.record(ISSUED).renewed_by
    return by is not None and by in place.names() and place.record(by).renews == ISSUED


def _is_imported(name: str) -> Callable[[Place], bool]:
    def holds(place: Place) -> bool:
        given = (place.given / f"{name}.pem").read_bytes()
        stored = place.session().store.read(name)
        validity = place.record(name).validity
        return (
            stored.certificate is not None
            and stored.certificate.strip() == given.strip()
            and validity is not None
            and validity.not_before == datetime(2026, 11, 22, tzinfo=UTC)
        )

    return holds


def _is_exported(place: Place) -> bool:
    files = {path.name for path in place.out.iterdir()} - {"neighbour.pem"}
    return len(files) >= 2 and place.record(ISSUED).installed is not None


def _is_listed_from_cache(place: Place) -> bool:
    with place.session().store.folders() as folders:
        assert folders is not None
        return sorted(SummaryCache(str(place.store)).load(folders[0])) == sorted(place.names())


def _list_many(place: Place) -> int:
    summary_reader.CACHE_FROM = 2  # type: ignore[misc] # the cache is used from hundreds of pairs on
    return command("list", "--store", "{store}")(place)


def _profiles(place: Place) -> set[str]:
    return set(parse_config(place.config.read_text(), str(place.config)).profiles)


_PHRASE = ("--passphrase-file", "{given}/passphrase")
_KEYS = ("--key", "{given}/key.pem", "--csr", "{given}/request.pem", "--cert", "{given}/cert.pem")
_DONE_ALREADY = frozenset({1, 2})

ACTIONS = (
    Action(
        "new, the first",
        command("new", "n.com", "--store", "{path}/data/fresh"),
        lambda place: "n.com" in Keystore(str(place.path / "data" / "fresh")).names(),
    ),
    Action("new", command("new", "n.com", "--store", "{store}"), _has("n.com")),
    Action(
        "new --from",
        command("new", "--from", "{given}/rows.csv", "--store", "{store}"),
        _has("row1.com", "row2.com", "row3.com"),
        many=True,
    ),
    Action(
        "backup",
        command("backup", BARE, "--to", "{usb}", *_PHRASE, "--store", "{store}"),
        _is_backed_up,
        many=True,
        writes="usb",
    ),
    Action(
        "verify",
        command("verify", ISSUED, *_PHRASE, "--store", "{store}"),
        _record_says(ISSUED, lambda record: record.history[-1].text.startswith("backups verified")),
        many=True,
    ),
    Action(
        "restore",
        command("restore", "{usb}/gone.com.20261123-090000.backup.pem", *_PHRASE, "--store", "{store}"),
        _has(GONE),
        again=_DONE_ALREADY,
    ),
    Action("import", command("import", "{given}/b.com.pem", "--store", "{store}"), _is_imported(BARE)),
    Action(
        "import over another",
        command("import", "{given}/a.com.pem", "--store", "{store}"),
        _is_imported(ISSUED),
    ),
    Action("adopt", command("adopt", *_KEYS, "--store", "{store}"), _has(ADOPTED), again=_DONE_ALREADY),
    Action("renew", command("renew", ISSUED, "--store", "{store}"), _is_renewed, again=_DONE_ALREADY),
    Action(
        "renew --reuse",
        command("renew", ISSUED, "--reuse", "--mark-submitted", "--store", "{store}"),
        _record_says(ISSUED, lambda record: record.reused and record.submitted),
    ),
    Action(
        "export",
        command("export", ISSUED, "--for", "nginx", "--to", "{out}", "--store", "{store}"),
        _is_exported,
        again=_DONE_ALREADY,
        writes="out",
    ),
    Action(
        "retire",
        command("retire", BARE, "--store", "{store}"),
        _record_says(BARE, lambda record: record.retired),
    ),
    Action(
        "csr --mark-submitted",
        command("csr", BARE, "--mark-submitted", "--store", "{store}"),
        _record_says(BARE, lambda record: record.submitted),
    ),
    Action(
        "the CSR into a file",
        called(lambda place: write_csr(place.session(), BARE, str(place.out / "b.csr"), CsrForm.PEM)),
        lambda place: (place.out / "b.csr").exists() and len(place.record(BARE).history) > 1,
        again=_DONE_ALREADY,
        writes="out",
    ),
    Action(
        "a profile kept",
        called(lambda place: save_profile(place.environ, "new", Profile(organization="New Ltd"))),
        lambda place: _profiles(place) == {"kept", "new"},
    ),
    Action(
        "the draft",
        called(lambda place: SessionDraft(place.session()).save(Draft(common_name="new.com"))),
        lambda place: newest_draft(place.session()).common_name == "new.com",
    ),
    Action(
        "the defaults of the dialogs",
        called(lambda place: remember_folder(place.session(), str(place.usb))),
        lambda place: recall_folder(place.session()) == str(place.usb),
        quiet=True,
    ),
    Action("list, with its cache", _list_many, _is_listed_from_cache, quiet=True),
    Action(
        "what broke off swept away",
        called(lambda place: place.session().store.remove_leftovers()),
        lambda place: place.session().store.leftovers() == [],
        quiet=True,
    ),
)
"""All of them."""
