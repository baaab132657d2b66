"""Every command refuses a store if another user owns, or can write to, a folder above it.

For the folders of backups and exports, csrtui only warns.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem
from command import Csrtui
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from safety_results import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROMISE = "The owner of a folder above the store cannot replace the store"
STRANGER = 4711
PASSPHRASE = "correct-horse-battery-staple"
COMMANDS = (
    ("new", "b.com"),
    ("list",),
    ("list", "--json"),
    ("show", "a.com"),
    ("csr", "a.com"),
    ("backup", "a.com", "--to", "{to}", "--passphrase-file", "{passphrase}"),
    ("verify",),
    ("renew", "a.com"),
    ("retire", "a.com"),
    ("export", "a.com", "--for", "nginx", "--to", "{to}"),
)


@pytest.fixture
def above(tmp_path: Path) -> Path:
    folder = tmp_path / "above it"
    folder.mkdir()
    return folder


@pytest.fixture
def csrtui(above: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Csrtui:
    """Return csrtui with a store in the folder `above`, which has one pair with a certificate."""
    csrtui = Csrtui(above / "store", capsys, monkeypatch)
    assert csrtui("new", "a.com").status == 0
    csr = x509.load_pem_x509_csr((csrtui.pair("a.com") / "request.pem").read_bytes())
    leaf = intermediate().sign(csr.public_bytes(Encoding.DER))
    assert csrtui("import", "-", stdin=pem(leaf, intermediate().certificate)).status == 0
    return csrtui


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """Return a folder for files, and a passphrase file."""
    (tmp_path / "to").mkdir()
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    passphrase.chmod(0o600)
    return {"to": str(tmp_path / "to"), "passphrase": str(passphrase)}


def give_away(folder: Path) -> None:
    os.chown(folder, STRANGER, -1)


def open_to_all(folder: Path) -> None:
    folder.chmod(0o777)


def link_of_stranger(folder: Path) -> None:
    folder.rename(folder.parent / "real")
    folder.symlink_to("real")
    os.chown(folder, STRANGER, -1, follow_symlinks=False)


@pytest.mark.safety
@pytest.mark.parametrize("attack", [open_to_all, give_away, link_of_stranger])
def test_every_command_refuses_a_store_that_others_can_replace(
    csrtui: Csrtui, above: Path, places: dict[str, str], attack: Callable[[Path], None]
) -> None:
    if attack is not open_to_all and os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    before = csrtui("show", "a.com", "--json").json
    attack(above)
    with counted(PROMISE, "another user owns, or can write to, a folder above it or a link to it") as tally:
        for command in COMMANDS:
            ran = csrtui(*(part.format(**places) for part in command))
            assert (ran.status, ran.out) == (3, ""), command
            assert str(above) in ran.error
            assert ran.hint is not None
            tally.add()
        assert not os.listdir(places["to"])
    found = csrtui("doctor", "--json").json["findings"]
    (finding,) = [one for one in found if one["path"] == str(above)]
    assert (finding["level"], finding["pair"]) == ("error", None)
    subprocess.run(["/bin/sh", "-c", finding["remedy"]], check=True)
    assert csrtui("show", "a.com", "--json").json == before


def test_an_export_into_an_open_folder_succeeds_with_a_warning(csrtui: Csrtui, tmp_path: Path) -> None:
    to = tmp_path / "to"
    to.mkdir()
    command = ("export", "a.com", "--for", "nginx", "--to", str(to))
    to.chmod(0o777)
    ran = csrtui(*command)
    assert ran.status == 0
    assert f"warning: others can write to {to} (owner {os.geteuid()}, mode 0777)" in ran.err
    assert f"chmod go-w {to}" in ran.err
    assert "warning" not in ran.out
    for file in to.iterdir():
        file.unlink()
    to.chmod(0o755)
    assert "others can write" not in csrtui(*command).err


def test_a_backup_into_an_open_folder_succeeds_with_a_warning(
    csrtui: Csrtui, places: dict[str, str], tmp_path: Path
) -> None:
    to = tmp_path / "to"
    command = ("backup", "a.com", "--to", str(to), "--passphrase-file", places["passphrase"])
    to.chmod(0o777)
    ran = csrtui(*command)
    assert ran.status == 0
    assert f"warning: others can write to {to} (owner {os.geteuid()}, mode 0777)" in ran.err
    assert len(list(to.iterdir())) == 1
    to.chmod(0o755)
    assert "others can write" not in csrtui(*command).err
