"""With ``--json``, every command that prints results also prints a result for a refused item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from recipients_made import age_pair

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

IDENTITY, RECIPIENT = age_pair()

pytestmark = pytest.mark.usefixtures("few_rounds")


class Place:
    """A store with the pairs a.com, whose key has a passphrase, and b.com; a certificate, a key, backups."""

    def __init__(self, csrtui: Csrtui, folder: Path) -> None:
        self.csrtui = csrtui
        self.folder = folder
        self.right = self._secret("right", "correct horse battery staple")
        self.wrong = self._secret("wrong", "another one entirely")
        for name, passphrase in (("a.com", self.right), ("b.com", None)):
            under = () if passphrase is None else ("--passphrase-file", passphrase)
            assert csrtui("new", name, *under).status == 0
            csr = x509.load_pem_x509_csr((csrtui.pair(name) / "request.pem").read_bytes())
            leaf = intermediate().sign(csr.public_bytes(Encoding.DER))
            (folder / f"{name}.crt").write_bytes(pem(leaf, intermediate().certificate))
        (folder / "usb").mkdir()
        self.backups = [
            self._backup("a.com", "--passphrase-file", self.right),
            self._backup("b.com", "--recipient", RECIPIENT),
        ]

    def _secret(self, name: str, text: str) -> str:
        (self.folder / name).write_text(f"{text}\n")
        (self.folder / name).chmod(0o600)
        return str(self.folder / name)

    def _backup(self, pair: str, *how: str) -> str:
        assert self.csrtui("backup", pair, "--to", str(self.folder / "usb"), *how).status == 0
        (file,) = (self.folder / "usb").glob(f"{pair}.*")
        return str(file)

    def file(self, name: str, data: bytes) -> str:
        """Write a file with this content that only its owner can read."""
        (self.folder / name).write_bytes(data)
        (self.folder / name).chmod(0o600)
        return str(self.folder / name)

    def in_words(self, text: str) -> str:
        """Return a word of a command line with its placeholder filled in."""
        names = {
            "RIGHT": self.right,
            "WRONG": self.wrong,
            "USB": str(self.folder / "usb"),
            "CRT-A": str(self.folder / "a.com.crt"),
            "CRT-B": str(self.folder / "b.com.crt"),
            "KEY-B": str(self.csrtui.pair("b.com") / "key.pem"),
            "KEY-A": str(self.csrtui.pair("a.com") / "key.pem"),
            "BACKUP-A": self.backups[0],
            "BACKUP-B": self.backups[1],
            "OTHER": str(self.folder / "other"),
            "IDENTITY": str(self.folder / "identity"),
            "STRANGER": str(self.folder / "stranger"),
        }
        return names.get(text, text)


@pytest.fixture
def place(csrtui: Csrtui, tmp_path: Path) -> Place:
    made = Place(csrtui, tmp_path)
    made.file("identity", IDENTITY)
    made.file("stranger", age_pair(1)[0])
    (tmp_path / "other").mkdir(mode=0o700)
    return made


@pytest.mark.parametrize(
    ("line", "pair", "said"),
    [
        ("backup a.com --to USB --passphrase-file WRONG", "a.com", "has a different passphrase"),
        ("verify a.com --passphrase-file WRONG", "a.com", "does not open the key"),
        ("verify BACKUP-B --identity STRANGER", None, "encrypted to other recipients"),
        ("restore BACKUP-A --passphrase-file RIGHT", "a.com", "is in the keystore: a.com"),
        ("restore BACKUP-B --identity IDENTITY", "b.com", "is in the keystore: b.com"),
        ("--store OTHER restore BACKUP-A --passphrase-file WRONG", None, "does not open the key"),
        ("--store OTHER restore BACKUP-B --identity STRANGER", None, "encrypted to other recipients"),
        ("--store OTHER import CRT-A", None, "matches no pair"),
        ("import CRT-A --pair b.com", "a.com", "is for the pair a.com"),
        ("adopt --key KEY-B --cert CRT-B", "b.com", "in the keystore already"),
        (
            "--store OTHER adopt --key KEY-A --cert CRT-A --passphrase-file WRONG",
            None,
            "does not open the key",
        ),
        ("export b.com --for nginx --to USB", "b.com", "has no certificate yet"),
    ],
)
def test_a_refusal_is_printed_as_json(place: Place, line: str, pair: str | None, said: str) -> None:
    ran = place.csrtui(*map(place.in_words, line.split()), "--json")
    assert ran.status == 1
    assert (ran.json["schema"], ran.json["ok"]) == (1, False)
    first = ran.json["results"][0]
    assert (first["ok"], first["pair"]) == (False, pair)
    assert said in first["text"]


@pytest.mark.parametrize(
    ("line", "pair", "file", "said"),
    [
        ("restore RIGHT --passphrase-file RIGHT", None, "RIGHT", "not a backup"),
        ("import RIGHT-gone", None, "RIGHT-gone", "cannot read"),
        ("adopt --key RIGHT", None, "RIGHT", "there is no private key"),
        ("served a.com none", "a.com", "none", "cannot read"),
        ("backup a.com --to none --passphrase-file RIGHT", "a.com", None, "cannot write to"),
        ("backup a.com b.com --to none --passphrase-file RIGHT", None, None, "cannot write to"),
        ("export a.com --for none --to USB", "a.com", None, "unknown server software"),
        ("retire none", "none", None, "there is no pair none"),
        ("verify --confirm none", None, None, "confirmation"),
    ],
)
def test_an_input_error_is_printed_as_json_too(
    place: Place, line: str, pair: str | None, file: str | None, said: str
) -> None:
    ran = place.csrtui(*map(place.in_words, line.split()), "--json")
    (result,) = ran.json["results"]
    assert (ran.status, ran.json["ok"], result["ok"], result["pair"]) == (2, False, False, pair)
    assert result["file"] == (file and place.in_words(file))
    assert said in result["text"]
    assert ran.error == result["text"]


def test_an_export_whose_key_does_not_open_is_printed_as_json(place: Place, tmp_path: Path) -> None:
    assert place.csrtui("import", place.in_words("CRT-A")).status == 0
    (tmp_path / "to").mkdir()
    arguments = ("export", "a.com", "--for", "nginx", "--to", str(tmp_path / "to"))
    ran = place.csrtui(*arguments, "--key-passphrase-file", place.wrong, "--json")
    assert (ran.status, ran.error) == (1, ran.json["results"][0]["text"])
    assert ran.json["results"] == [{
        "ok": False, "pair": "a.com", "file": None,
        "text": "the passphrase does not open the key, or the key is damaged",
    }]  # fmt: skip
    assert list((tmp_path / "to").iterdir()) == []


def test_a_refused_confirmation_is_printed_as_json(place: Place, tmp_path: Path) -> None:
    (tmp_path / "laptop").mkdir(mode=0o700)
    laptop = ("--store", str(tmp_path / "laptop"))
    ran = place.csrtui(*laptop, "verify", place.backups[1], "--identity", place.in_words("IDENTITY"))
    token = ran.out.splitlines()[-1].split()[-1]
    refused = place.csrtui(*laptop, "verify", "--confirm", token, "--json")
    assert (refused.status, refused.json["ok"]) == (1, False)
    assert refused.json["results"][0]["text"] == refused.error


def test_without_json_the_refusal_is_an_error_message(place: Place) -> None:
    ran = place.csrtui("export", "b.com", "--for", "nginx", "--to", place.in_words("USB"))
    assert (ran.status, ran.out) == (1, "")
    assert "has no certificate yet" in ran.error
