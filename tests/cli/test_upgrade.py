"""The current commands read everything that release 0.1.0 wrote, without data loss and without manual steps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from release_0_1_0 import INVENTORY, Release

from csrtui.core.config.settings import Profile
from csrtui.fleet.tasks.run_on_hosts import load_fleet
from csrtui.store import summary_reader
from csrtui.store.keystore import Keystore
from csrtui.tasks.draft import newest_draft, recall_folder
from csrtui.tasks.session import Session
from csrtui.tasks.settings import find_profile, load_settings, save_profile

if TYPE_CHECKING:
    from pathlib import Path

    from command import Csrtui

PASSPHRASE_BACKUPS = (
    "submitted.mydomain.com",
    "issued.mydomain.com",
    "locked.mydomain.com",
    "shop.mydomain.com-2",
)
AGE_BACKUPS = ("due.mydomain.com", "intranet")


@pytest.fixture
def release(csrtui: Csrtui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    """Return the files of release 0.1.0. `csrtui` uses its store and configuration."""
    old = Release(tmp_path / "0.1.0")
    csrtui.store = old.store
    monkeypatch.setenv("CSRTUI_STORE", str(old.store))
    monkeypatch.setenv("CSRTUI_CONFIG", str(old.config))
    return old


@pytest.fixture
def session(release: Release) -> Session:
    return Session(Keystore(str(release.store)))


def test_every_pair_is_listed_as_it_was(csrtui: Csrtui, release: Release) -> None:
    listed = {pair["name"]: pair for pair in csrtui("list", "--json", "--retired").json["pairs"]}
    assert listed.keys() == release.pairs.keys()
    for name, before in release.pairs.items():
        del before["days_left"], before["next"]  # they depend on the day, and on rules that can change
        assert {key: listed[name][key] for key in before} == before
        assert (listed[name]["purpose"], listed[name]["compromised"]) == ("server", None)


def test_every_pair_is_shown_with_its_whole_history(csrtui: Csrtui, release: Release) -> None:
    for name in release.pairs:
        ran = csrtui("show", name)
        recorded = (release.store / "pairs" / name / "pair.json").read_text().count('"what"')
        assert ran.status == 0
        assert (
            len(re.findall(r"(?m)^(?:History|\s{7})\s+\d+ \w{3} 20\d\d \d\d:\d\d UTC  ", ran.out)) == recorded
        )
    assert "submitted to Example CA: order 4711" in csrtui("show", "submitted.mydomain.com").out


def test_every_backup_is_verified(csrtui: Csrtui, release: Release) -> None:
    secret = ("--passphrase-file", str(release.passphrase))
    assert csrtui("verify", *PASSPHRASE_BACKUPS, *secret).status == 0
    assert csrtui("verify", *AGE_BACKUPS, "--identity", str(release.identity)).status == 0
    assert csrtui("show", "intranet", "--json").json["backup"]["status"] == "verified"


@pytest.mark.parametrize("pair", [*PASSPHRASE_BACKUPS, *AGE_BACKUPS])
def test_every_backup_is_restored(csrtui: Csrtui, release: Release, tmp_path: Path, pair: str) -> None:
    opened = (
        ("--identity", release.identity) if pair in AGE_BACKUPS else ("--passphrase-file", release.passphrase)
    )
    other = ("--store", str(tmp_path / "restored"))
    ran = csrtui("restore", str(release.backup(pair)), "--unsigned", *map(str, opened), *other)
    assert ran.status == 0
    restored = csrtui("show", pair, "--json", *other).json
    for member in ("subject_fields", "names", "request"):
        assert restored[member] == release.pairs[pair][member]
    assert restored["key"]["spki_sha256"] == release.pairs[pair]["key"]["spki_sha256"]


def test_the_doctor_finds_no_error_and_nothing_left_over(csrtui: Csrtui, release: Release) -> None:
    findings = csrtui("doctor", "--json").json["findings"]
    assert {finding["level"] for finding in findings} <= {"note", "warning"}
    assert {finding["pair"] for finding in findings} <= release.pairs.keys()


def test_an_installed_pair_is_exported_and_renewed_at_its_old_place(csrtui: Csrtui, release: Release) -> None:
    place = release.store.parent / "nginx"
    place.mkdir()
    assert csrtui("show", "issued.mydomain.com", "--json").json["server"] == {
        "platform": "nginx",
        "folder": str(place),
        "installed": release.pairs["issued.mydomain.com"]["installed"],
    }
    assert csrtui("export", "issued.mydomain.com").status == 0
    assert sorted(path.name for path in place.iterdir()) == [
        "issued.mydomain.com.crt",
        "issued.mydomain.com.key",
    ]
    assert csrtui("renew", "issued.mydomain.com", "--reuse").status == 0
    assert csrtui("renew", "issued.mydomain.com", "--json").json["renews"] == "issued.mydomain.com"


def test_an_encrypted_key_opens_with_its_passphrase(csrtui: Csrtui, release: Release, tmp_path: Path) -> None:
    secret = ("--passphrase-file", str(release.passphrase))
    assert csrtui("renew", "locked.mydomain.com", "--reuse", *secret).status == 0
    key = (release.store / "pairs" / "locked.mydomain.com" / "key.pem").read_bytes()
    load_pem_private_key(key, release.passphrase.read_bytes().strip())
    assert csrtui("backup", "locked.mydomain.com", "--to", str(tmp_path), *secret).status == 0


def test_a_retired_pair_is_taken_back_into_use(csrtui: Csrtui, release: Release) -> None:
    assert release.pairs["old.mydomain.com"]["stage"] == "retired"
    assert csrtui("retire", "--undo", "old.mydomain.com").status == 0
    assert csrtui("show", "old.mydomain.com", "--json").json["stage"] == "new"


def test_a_table_makes_pairs(csrtui: Csrtui, release: Release, tmp_path: Path) -> None:
    rows = csrtui("new", "--from", str(release.table), "--store", str(tmp_path / "store")).json_lines
    assert [row["pair"]["names"] for row in rows] == [
        release.pairs[name]["names"] for name in ("xn--bcher-kva.de", "db.internal")
    ]


def test_the_form_starts_with_the_draft(session: Session) -> None:
    draft = newest_draft(session)
    assert (draft.common_name, draft.names, draft.organization) == (
        "half.mydomain.com",
        "other.mydomain.com",
        "Half Ltd",
    )


def test_profiles_settings_and_the_last_folder_are_read(session: Session, release: Release) -> None:
    environ = {"CSRTUI_CONFIG": str(release.config)}
    config = load_settings(environ).config
    assert config is not None
    assert (config.screens.theme, config.screens.mouse, config.keys["fix"]) == ("ansi-light", True, "ctrl+t")
    assert find_profile(environ, "shop").organization == "Example Ltd"
    save_profile(environ, "new", Profile(state="Kent"))
    assert "# Kept by hand: this comment has to stay." in release.config.read_text()
    assert recall_folder(session) == str(release.backups)


def test_the_last_known_pairs_of_hosts_are_shown(session: Session, release: Release) -> None:
    (state,) = load_fleet(session, INVENTORY).hosts.values()
    assert state.name == "web1"
    assert {document["name"] for document in state.documents} == release.pairs.keys()


def test_the_old_cache_is_replaced(csrtui: Csrtui, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    before = csrtui("list", "--json", "--retired").json
    assert (release.store / ".pairs-1.sqlite").exists()
    monkeypatch.setattr(summary_reader, "CACHE_FROM", 2)
    assert csrtui("list", "--json", "--retired").json == before
    csrtui("list")
    assert [path.name for path in release.store.glob(".pairs-*")] == [summary_reader.FILE]
