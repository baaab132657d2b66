"""``--dry-run`` of every command that writes: the checks and exit status of the real run, but nothing is written."""

from __future__ import annotations

import json
import shutil
import stat
from typing import TYPE_CHECKING

import pytest
from command import Csrtui
from writing_actions import ADOPTED, BARE, GONE, ISSUED, Place, make_place

from csrtui.core.keys.key_types import KeyType

if TYPE_CHECKING:
    from pathlib import Path

FRESH = "{path}/data/fresh"
PHRASE = ("--passphrase-file", "{given}/passphrase")
BACKUP = "{usb}/gone.com.20261123-090000.backup.pem"
KEYS = ("--key", "{given}/key.pem", "--csr", "{given}/request.pem", "--cert", "{given}/cert.pem")

WRITERS: dict[str, tuple[tuple[str, ...], str]] = {
    "new, the first": (("new", "n.com", "--store", FRESH), "would make n.com: EC P-256 key and CSR in {path}/data/fresh/pairs/n.com"),
    "new": (("new", BARE), f"would make {BARE}-2"),
    "new, encrypted": (("new", "n.com", "--key", "rsa-4096", "--encrypt-key"), "would make n.com: RSA 4096 key"),
    "new --key-file": (("new", "n.com", "--key-file", "{given}/key.pem"), "would make n.com"),
    "new --from": (("new", "--from", "{given}/rows.csv"), '"name": "row3.com"'),
    "new --renews": (("new", ISSUED, "--renews", ISSUED), f"would make {ISSUED}-2"),
    "backup": (("backup", BARE, "--to", "{usb}"), f"ok  {BARE}  {{usb}}/{BARE}."),
    "backup --all": (("backup", "--all", "--to", "{usb}", *PHRASE), "would be backed up"),
    "restore": (("restore", BACKUP, *PHRASE), f"would restore {GONE} to"),
    "restore, the first": (("restore", BACKUP, *PHRASE, "--store", FRESH), f"would restore {GONE} to"),
    "import": (("import", "{given}/b.com.pem"), "would be imported"),
    "adopt": (("adopt", *KEYS), f"ok  {ADOPTED}  {{given}}/key.pem  would be adopted: EC"),
    "adopt, encrypted": (("adopt", *KEYS, "--encrypt-key"), "would be adopted"),
    "adopt a folder": (("adopt", "{given}"), "would be adopted"),
    "renew": (("renew", ISSUED), f"would make {ISSUED}-2: EC P-256 key and CSR in"),
    "renew --reuse": (("renew", ISSUED, "--reuse", "--mark-submitted"), f"would record that the CSR of {ISSUED} is used again"),
    "renew --same-key": (("renew", ISSUED, "--same-key"), f"would make {ISSUED}-2"),
    "csr --mark-submitted": (("csr", BARE, "--mark-submitted"), f"would mark the CSR of {BARE} as submitted"),
    "csr --to": (("csr", BARE, "--to", "{out}/b.csr"), "would be written: {out}/b.csr"),
    "export": (("export", ISSUED, "--for", "nginx", "--to", "{out}"), "would be written"),
    "export as PKCS #12": (("export", ISSUED, "--for", "iis", "--to", "{out}"), "would be written"),
    "retire": (("retire", BARE), f"ok  {BARE}  would be retired"),
    "retire --undo": (("retire", "--undo", BARE), "is not retired; nothing changed"),
    "retire --compromised": (("retire", "--compromised", BARE), "key would be marked as compromised"),
    "verify": (("verify", ISSUED), "exists and is unchanged"),
    "verify with a restore test": (("verify", ISSUED, *PHRASE), "restores"),
    "list --prometheus": (("list", "--prometheus", "--to", "{out}/m.prom"), "would be written: {out}/m.prom"),
}  # fmt: skip
"""The arguments of each command, and what it must print on stdout or stderr."""

FAILURES = {
    "a name that blocks": (2, ("new", "intranet")),
    "a pair name that is not valid": (2, ("new", "n.com", "--as", "../x")),
    "a pair that does not exist": (2, ("retire", "none.com")),
    "a folder that does not exist": (2, ("backup", BARE, "--to", "{path}/none")),
    "a passphrase file that does not exist": (2, ("backup", BARE, "--to", "{usb}", "--passphrase-file", "x")),
    "a file that exists": (2, ("csr", BARE, "--to", "{out}/neighbour.pem")),
    "metrics over another file": (2, ("list", "--prometheus", "--to", "{out}/neighbour.pem")),
    "a store that does not exist": (3, ("retire", BARE, "--store", FRESH)),
    "a store in an unsafe place": (3, ("new", "n.com", "--store", "{path}/open/store")),
    "a wrong passphrase": (1, ("restore", BACKUP, "--passphrase-file", "{given}/wrong")),
    "a pair that is in the store": (1, ("restore", "{usb}/a.com.20261123-090000.backup.pem", *PHRASE)),
    "a pair that is renewed": (1, ("renew", "old.com")),
    "no certificate": (1, ("export", BARE, "--for", "nginx", "--to", "{out}")),
    "a passphrase for a plain key": (2, ("export", ISSUED, "--for", "nginx", "--to", "{out}", "--key-passphrase-file", "x")),
}  # fmt: skip
"""The exit status of the real command and of its dry run, and the arguments."""


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return the mode, modification time and content of everything in a folder."""
    found = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        status = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, data)
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return a place with everything that the commands need. Dry runs do not change it."""
    place = make_place(tmp_path_factory.mktemp("dry") / "place")
    (place.given / "wrong").write_text("not the passphrase of it\n")
    (place.given / "wrong").chmod(0o600)
    (place.path / "open").mkdir()
    (place.path / "open").chmod(0o777)
    return place


@pytest.fixture
def dry(made: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Csrtui:
    """Return an object that runs commands in that place."""
    return Csrtui(made.store, capsys, monkeypatch)


def words(place: Place, arguments: tuple[str, ...]) -> list[str]:
    """Return the words with the folders filled in."""
    folders = {name: str(getattr(place, name)) for name in ("usb", "out", "given", "path")}
    return [word.format(**folders) for word in arguments]


@pytest.mark.parametrize("name", WRITERS)
def test_a_dry_run_says_what_would_be_done_and_writes_nothing(made: Place, dry: Csrtui, name: str) -> None:
    arguments, text = WRITERS[name]
    before = tree(made.path)
    ran = dry(*words(made, arguments), "--dry-run")
    assert ran.status == 0, ran.err
    assert words(made, (text,))[0] in ran.out + ran.err
    assert ran.err.endswith("dry run: nothing was written\n")
    assert tree(made.path) == before
    if not {"csr", "list", "--passphrase-file", "--encrypt-key"} & {*arguments}:
        ran = dry(*words(made, arguments), "--dry-run", "--json", "-q")
        assert (ran.status, "Traceback" in ran.err) == (0, False)
        documents = ran.json_lines if "--from" in arguments else [ran.json]
        assert all(isinstance(document, dict) for document in documents)
        assert tree(made.path) == before


@pytest.mark.parametrize("name", FAILURES)
def test_a_dry_run_fails_as_the_real_run_does(
    made: Place, tmp_path: Path, dry: Csrtui, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place = Place(tmp_path / "copy")
    shutil.copytree(made.path, place.path, symlinks=True)
    status, arguments = FAILURES[name]
    if "old.com" in arguments:
        arguments = ("renew", ISSUED)
    monkeypatch.setenv("CSRTUI_STORE", str(place.store))
    if name == "a pair that is renewed":
        assert dry("renew", ISSUED).status == 0
    before = tree(place.path)
    rehearsed = dry(*words(place, arguments), "--dry-run")
    assert tree(place.path) == before
    real = dry(*words(place, arguments))
    assert (rehearsed.status, real.status) == (status, status)
    if status != 1:  # a refusal may be a result instead of an error
        assert (rehearsed.error, rehearsed.hint) == (real.error, real.hint)


def test_the_pair_in_the_json_has_no_files_and_no_hash_of_a_key_that_does_not_exist(
    made: Place, dry: Csrtui
) -> None:
    document = dry("new", "n.com", "--key", "rsa-4096", "--dry-run", "--json").json
    assert document["name"] == "n.com"
    assert document["files"] == {"key": None, "request": None, "certificate": None}
    assert document["key"] == {"type": KeyType.RSA_4096, "encrypted": False, "spki_sha256": None}
    assert document["request"]["sha256"] is None
    existing = dry("new", "n.com", "--key-file", str(made.given / "key.pem"), "--dry-run", "--json").json
    assert len(existing["key"]["spki_sha256"]) == 64


def test_rows_of_one_run_get_different_names_and_equal_rows_are_skipped(dry: Csrtui, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("common_name,names\nx.com,\nx.com,\nx.com,www.x.com\nintranet,\n")
    ran = dry("new", "--from", str(table), "--dry-run")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.status == 1
    assert [row.get("pair", {}).get("name") for row in rows] == ["x.com", "x.com", "x.com-2", None]
    assert [row.get("skipped", False) for row in rows] == [False, True, False, False]
    assert rows[1]["pair"]["key"]["spki_sha256"] is None
    assert "2 would be made, 1 already exist, 1 failed" in ran.err


def test_a_dry_run_asks_for_no_new_passphrase_and_takes_no_lock(csrtui: Csrtui) -> None:
    ran = csrtui("new", "a.com", "--encrypt-key", "--dry-run", "--json", stdin=None)
    assert (ran.status, ran.json["key"]["encrypted"]) == (0, True)
    assert not csrtui.store.exists()
