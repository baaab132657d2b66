"""``list --prometheus`` for monitoring, and ``show --tlsa`` for DNS."""

from __future__ import annotations

import stat
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

NAME = "www.a-shop.com"


@pytest.fixture
def made(csrtui: Csrtui) -> Csrtui:
    assert csrtui("new", NAME).status == 0
    return csrtui


def test_metrics_are_printed_or_replace_a_file_in_one_step(made: Csrtui, tmp_path: Path) -> None:
    printed = made("list", "--prometheus")
    assert printed.status == 0
    assert f'csrtui_pair_backup_verified{{pair="{NAME}",common_name="{NAME}"}} 0\n' in printed.out
    path = tmp_path / "csrtui.prom"
    path.write_text("# HELP csrtui_old")
    path.chmod(0o600)
    old = path.open()
    ran = made("list", "--prometheus", "--to", str(path))
    assert (ran.status, ran.out) == (0, "")
    assert path.read_text().splitlines()[0] == printed.out.splitlines()[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert old.read() == "# HELP csrtui_old"  # a reader of the old file still gets all of it
    old.close()
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []


@pytest.mark.parametrize("file", ["key.pem", "request.pem", "pair.json", "new.prom"])
def test_no_file_of_the_keystore_is_overwritten(made: Csrtui, tmp_path: Path, file: str) -> None:
    pair, link = made.pair(NAME), tmp_path / "link"
    link.symlink_to(pair)
    before = {path.name: path.read_bytes() for path in pair.iterdir()}
    for folder in (pair, link):
        ran = made("list", "--prometheus", "--to", str(folder / file))
        assert (ran.status, "within the keystore" in ran.err) == (2, True)
    assert {path.name: path.read_bytes() for path in pair.iterdir()} == before


def test_only_metrics_are_replaced(made: Csrtui, tmp_path: Path) -> None:
    path = tmp_path / "a.backup.pem"
    path.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    ran = made("list", "--prometheus", "--to", str(path))
    assert (ran.status, "is never overwritten" in ran.err) == (2, True)
    assert path.read_text() == "-----BEGIN ENCRYPTED PRIVATE KEY-----"
    path.write_text("")
    assert made("list", "--prometheus", "--to", str(path)).status == 0


def test_an_unreadable_pair_is_counted(made: Csrtui) -> None:
    (made.pair(NAME) / "pair.json").write_text("{")
    ran = made("list", "--prometheus")
    assert ran.status == 3
    assert "csrtui_pairs_unreadable 1\n" in ran.out


@pytest.mark.parametrize("arguments", [("--to", "x"), ("--json", "--to", "x"), ("--prometheus", "--csv")])
def test_invalid_combinations_of_options_are_refused(made: Csrtui, arguments: tuple[str, ...]) -> None:
    assert made("list", *arguments).status == 2


def test_a_file_that_cannot_be_written(made: Csrtui, tmp_path: Path) -> None:
    assert made("list", "--prometheus", "--to", str(tmp_path)).status == 2
    assert made("list", "--prometheus", "--to", "/dev/null").status == 2
    assert made("list", "--prometheus", "--to", str(tmp_path / "none" / "x")).status == 2


def test_the_data_of_a_tlsa_record(made: Csrtui) -> None:
    csr = x509.load_pem_x509_csr((made.pair(NAME) / "request.pem").read_bytes())
    spki = csr.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    data = f"3 1 1 {sha256(spki).hexdigest()}"
    assert made("show", "--tlsa", NAME).out == f"{data}\n"
    assert made("show", "--tlsa", NAME, "--json").json["tlsa"] == data
    for server in ("postfix", "exim", "dovecot"):
        guide = made("guide", server).out
        assert "csrtui show --tlsa PAIR" in " ".join(guide.split())
        assert "_tcp.www.example.com. IN TLSA 3 1 1 SPKI_SHA256\n" in guide
