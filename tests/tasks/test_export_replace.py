"""A renewal replaces only the files that the server reads, and the previous set can be put back."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from backups_made import PASSPHRASE
from certificates_made import START
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from exports_made import issue, issued_pair
from pairs_made import record_of
from requests_made import NOW

from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import read
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.facts import Installation
from csrtui.core.pairs.pair import NextStep
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store.file_set import PREVIOUS
from csrtui.store.keystore import Keystore
from csrtui.store.permissions import FileAccess
from csrtui.tasks import server_files
from csrtui.tasks.export import ExportSpec, export, prepare_export, preview_export
from csrtui.tasks.installation import undo_export
from csrtui.tasks.renew import plan_renewal, renew, renew_with_same_key
from csrtui.tasks.server_files import read_lineage
from csrtui.tasks.session import Session, change_record

if TYPE_CHECKING:
    from pathlib import Path

NGINX = PLATFORMS["nginx"]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Generate a new key each time."""
    return Session(Keystore(str(tmp_path / "store")), clock=lambda: NOW, user="joe")


@pytest.fixture
def to(tmp_path: Path) -> Path:
    folder = tmp_path / "to"
    folder.mkdir()
    return folder


def spec(to: Path, pair: str = "a.com", platform: str = "nginx") -> ExportSpec:
    return ExportSpec(pair, PLATFORMS[platform], str(to), replaces=True)


def install(session: Session, spec: ExportSpec, passphrase: Secret | None = None) -> list[str]:
    """Export, and return the result for each file in one word."""
    done = export(session, prepare_export(session, spec), file_passphrase=passphrase)
    assert done.record_error is None
    return [result.text.split(",")[0] for result in done.results]


def renewed(session: Session, name: str = "a.com", key_type: KeyType | None = None) -> str:
    """Renew a pair and import the certificate. Return the new pair's name."""
    new = renew(session, plan_renewal(session, name, key_type)).name
    issue(session, new, START + timedelta(days=1))
    return new


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def spki_of(data: bytes) -> str:
    material = read(data)
    return (
        key_types.spki_sha256(material.keys[0].key.public_key())
        if material.keys
        else str(material.certificates[0].spki_sha256)
    )


def test_a_renewal_replaces_the_files_of_the_pair_that_it_renews_and_keeps_them(
    session: Session, to: Path
) -> None:
    issued_pair(session)
    assert install(session, spec(to)) == ["written", "written"]
    old = contents(to)
    new = renewed(session)
    assert record_of(session, new).server == Installation("nginx", str(to), NOW)
    assert record_of(session, new).installed is None
    found = prepare_export(session, spec(to, new))
    assert [result.text for result in preview_export(session, found)] == ["would be replaced"] * 2
    assert contents(to) == old
    assert install(session, spec(to, new)) == ["replaced", "replaced"]
    assert {spki_of(data) for data in contents(to).values()} == {record_of(session, new).key.spki_sha256}
    assert contents(to / PREVIOUS) == old
    assert stat.S_IMODE((to / PREVIOUS).stat().st_mode) == 0o700
    assert stat.S_IMODE((to / "a.com.key").stat().st_mode) == 0o600
    assert record_of(session, new).history[-1].text.startswith(f"installed files replaced: {to}/a.com.crt")
    assert install(session, spec(to, new)) == ["unchanged", "unchanged"]
    assert contents(to / PREVIOUS) == old, "nothing changed, so the previous set is still the old one"
    third = renewed(session, new)
    assert install(session, spec(to, third)) == ["replaced", "replaced"]
    assert {spki_of(data) for data in contents(to / PREVIOUS).values()} == {
        record_of(session, new).key.spki_sha256
    }


def test_the_previous_set_is_put_back_under_the_name_of_either_pair(session: Session, to: Path) -> None:
    issued_pair(session)
    install(session, spec(to))
    old = contents(to)
    new = renewed(session)
    for name in (new, "a.com"):
        install(session, spec(to, new))
        shown = undo_export(session, name, NGINX, str(to), dry_run=True).results
        assert [result.text for result in shown] == ["would be put back"] * 2
        assert contents(to) != old
        done = undo_export(session, name, NGINX, str(to))
        assert [(result.file, result.text) for result in done.results] == [
            (f"{to}/a.com.crt", "put back"),
            (f"{to}/a.com.key", "put back"),
        ]
        assert contents(to) == old
        assert contents(to / PREVIOUS) == {}
        assert record_of(session, new).installed is None
        assert record_of(session, new).history[-1].text.startswith("previous files put back: ")
    assert record_of(session).installed is not None
    with pytest.raises(RefusedError, match="there is no previous set of"):
        undo_export(session, new, NGINX, str(to))


@pytest.mark.parametrize("name", ["a.com", "a.com-2"])
def test_files_of_a_renewal_with_the_same_key_that_are_replaced_again_are_not_installed(
    session: Session, to: Path, name: str
) -> None:
    issued_pair(session)
    install(session, spec(to))
    session.clock = lambda: NOW + timedelta(days=1)
    new = renew_with_same_key(session, plan_renewal(session, "a.com"))[0].name
    issue(session, new, START + timedelta(days=1))
    install(session, spec(to, new))
    assert record_of(session).visible_step(NOW) is NextStep.RETIRE
    undo_export(session, name, NGINX, str(to))
    assert (record_of(session, new).installed, record_of(session, new).previous) == (None, None)
    assert record_of(session).installed == NOW
    assert record_of(session).visible_step(NOW) is NextStep.FINISH


def test_a_newer_certificate_for_the_same_key_changes_only_the_certificate(
    session: Session, to: Path
) -> None:
    issued_pair(session)
    install(session, spec(to))
    old, inode, first = contents(to), (to / "a.com.key").stat().st_ino, record_of(session).validity
    issue(session, "a.com", START + timedelta(days=1))
    assert install(session, spec(to)) == ["replaced", "unchanged"]
    assert (to / "a.com.key").stat().st_ino == inode
    assert record_of(session).previous is None
    undo_export(session, "a.com", NGINX, str(to))
    assert contents(to) == old
    assert contents(to / PREVIOUS) == {}
    record = record_of(session)
    assert (record.installed, record.previous) == (None, first), "the server uses the first certificate again"
    assert record.successor_facts.is_installed
    assert record.history[-1].text.startswith(f"files with an earlier certificate put back: {to}/a.com.crt")


def test_without_replace_no_file_is_replaced_and_the_hint_names_the_option(
    session: Session, to: Path
) -> None:
    issued_pair(session)
    install(session, spec(to))
    with pytest.raises(InputError, match="already exists") as caught:
        prepare_export(session, replace(spec(to), replaces=False))
    assert "--replace" in str(caught.value.hint)


def test_a_second_pair_for_the_same_host_has_the_key_type_in_its_file_names(
    session: Session, to: Path
) -> None:
    issued_pair(session)
    install(session, spec(to))
    ec = contents(to)
    rsa = issued_pair(session, key_type=KeyType.RSA_2048)
    assert rsa == "a.com-2"
    install(session, spec(to, rsa))
    both = contents(to)
    assert set(both) - set(ec) == {"a.com-rsa-2048.crt", "a.com-rsa-2048.key"}
    next_rsa = renewed(session, rsa)
    assert install(session, spec(to, next_rsa)) == ["replaced", "replaced"]
    assert {name: data for name, data in contents(to).items() if name in ec} == ec
    assert install(session, spec(to, renewed(session))) == ["replaced", "replaced"]
    assert set(contents(to)) == set(both)


def test_a_pair_that_renews_nothing_never_replaces_the_files_of_another(session: Session, to: Path) -> None:
    issued_pair(session)
    install(session, spec(to))
    install(session, spec(to, issued_pair(session)))
    before = contents(to)
    assert set(before) >= {"a.com.key", "a.com-ec-p256.key"}
    third = issued_pair(session)
    with pytest.raises(RefusedError, match=r"a\.com-ec-p256\.crt is not replaced: it belongs to a\.com-2"):
        prepare_export(session, spec(to, third))
    with pytest.raises(InputError, match="already exists, with another key"):
        prepare_export(session, replace(spec(to, third), replaces=False))
    assert contents(to) == before


@pytest.mark.parametrize("data", [b"not a key", key_types.private_pem(key_types.generate(KeyType.EC_P256))])
def test_a_file_of_no_known_pair_is_never_replaced(session: Session, to: Path, data: bytes) -> None:
    issued_pair(session)
    (to / "a.com.key").write_bytes(data)
    with pytest.raises(
        RefusedError, match=r"a\.com\.key is not replaced: no pair of this keystore has its key"
    ):
        prepare_export(session, spec(to))
    assert contents(to) == {"a.com.key": data}


def test_a_link_is_not_replaced(session: Session, to: Path) -> None:
    issued_pair(session)
    (to / "a.com.key").symlink_to("elsewhere")
    with pytest.raises(InputError, match="is not a regular file"):
        prepare_export(session, spec(to))


@pytest.mark.parametrize("replaces", [False, True])
def test_a_folder_that_is_exchanged_for_a_link_after_the_check_gets_no_key(
    session: Session, to: Path, tmp_path: Path, *, replaces: bool
) -> None:
    issued_pair(session, "a.com")
    if replaces:
        install(session, spec(to))
        issue(session, "a.com", START + timedelta(days=1))
    prepared = prepare_export(session, spec(to))
    before = contents(to)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    to.rename(tmp_path / "away")
    to.symlink_to(elsewhere)
    with pytest.raises(InputError, match="was replaced by another folder after the check"):
        export(session, prepared)
    assert (list(elsewhere.iterdir()), contents(tmp_path / "away")) == ([], before)
    to.unlink()
    (tmp_path / "away").rename(to)
    export(session, prepared)
    assert contents(to) != before


def test_a_file_that_another_program_creates_in_between_is_not_replaced(session: Session, to: Path) -> None:
    issued_pair(session)
    install(session, spec(to))
    found = prepare_export(session, spec(to, renewed(session)))
    (to / "a.com.key").write_bytes(b"something else")
    with pytest.raises(RefusedError, match="is not replaced"):
        export(session, found)
    assert (to / "a.com.key").read_bytes() == b"something else"
    assert not (to / PREVIOUS).exists()


def test_a_pkcs12_file_is_replaced_only_with_its_passphrase(session: Session, to: Path) -> None:
    issued_pair(session)
    install(session, spec(to, platform="tomcat"), PASSPHRASE)
    old = contents(to)
    new = renewed(session)
    with pytest.raises(RefusedError, match="is not replaced"):
        install(session, spec(to, new, "tomcat"), Secret("another passphrase"))
    assert contents(to) == old
    assert install(session, spec(to, new, "tomcat"), PASSPHRASE) == ["replaced"]
    opened = load_pkcs12((to / "a.com.p12").read_bytes(), PASSPHRASE.encoded)
    assert opened.cert is not None
    assert opened.cert.friendly_name == b"a.com", "the alias that the configuration names"
    assert contents(to / PREVIOUS) == old
    undo_export(session, new, PLATFORMS["tomcat"], str(to))
    assert contents(to) == old


def test_an_encrypted_key_file_is_not_replaced(session: Session, to: Path) -> None:
    issued_pair(session, passphrase=PASSPHRASE)
    (to / "a.com.key").write_bytes(session.store.read_key("a.com"))
    with pytest.raises(RefusedError, match="because its key is encrypted"):
        export(session, prepare_export(session, spec(to)), key_passphrase=PASSPHRASE)


def test_the_previous_set_is_kept_when_the_present_one_is_mixed(session: Session, to: Path) -> None:
    """After a kill between two files, repeating the command completes it, and --undo still works."""
    issued_pair(session)
    install(session, spec(to))
    old = contents(to)
    new = renewed(session)
    install(session, spec(to, new))
    (to / "a.com.key").write_bytes(old["a.com.key"])
    assert install(session, spec(to, new)) == ["unchanged", "replaced"]
    assert contents(to / PREVIOUS) == old
    (to / PREVIOUS / "a.com.crt").write_bytes(contents(to)["a.com.crt"])
    with pytest.raises(RefusedError, match="do not match each other"):
        undo_export(session, new, NGINX, str(to))


def test_owner_and_mode_of_a_replaced_key_stay_and_others_never_read_it(session: Session, to: Path) -> None:
    issued_pair(session)
    access = FileAccess(str(os.getuid()), str(os.getgid()), "640")
    done = export(session, prepare_export(session, replace(spec(to), access=access)))
    assert "for its owner and group (0640)" in done.results[1].text
    key = to / "a.com.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o640
    assert stat.S_IMODE((to / "a.com.crt").stat().st_mode) == 0o644
    key.chmod(0o644)
    if os.geteuid() == 0:
        os.chown(key, 12345, 23456)
    before = key.stat()
    install(session, spec(to, renewed(session)))
    after = key.stat()
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


def test_the_last_folder_is_used_again_and_without_one_there_is_none(session: Session, to: Path) -> None:
    issued_pair(session)
    found = prepare_export(session, spec(to))
    assert found.lineage.installation is None
    export(session, found)
    new = renewed(session)
    change_record(session, new, lambda record: record._replace(server=None))
    lineage = read_lineage(session, prepare_export(session, spec(to, new)).pair)
    assert lineage.installation == Installation("nginx", str(to), NOW)
    change_record(session, new, lambda record: record._replace(renews="gone.com"))
    assert read_lineage(session, prepare_export(session, spec(to, new, "haproxy")).pair).installation is None


@pytest.mark.parametrize(("error", "told"), [("busy", "not recorded: busy"), (None, "did not confirm")])
def test_restored_files_that_cannot_be_recorded_are_reported(
    session: Session, to: Path, monkeypatch: pytest.MonkeyPatch, error: str | None, told: str
) -> None:
    from csrtui.store.disk_errors import NotConfirmedError

    issued_pair(session)
    install(session, spec(to))
    new = renewed(session)
    install(session, spec(to, new))

    def fail(*_: object) -> None:
        raise StoreError(error) if error else NotConfirmedError(new)

    monkeypatch.setattr(server_files, "change_record", fail)
    done = undo_export(session, new, NGINX, str(to))
    assert done.record_error is not None
    assert told.replace("not recorded", "that was not recorded") in done.record_error.message
    assert spki_of((to / "a.com.key").read_bytes()) == record_of(session).key.spki_sha256


def test_an_unreadable_renewed_pair_blocks_only_files_that_may_be_its_own(
    session: Session, to: Path, tmp_path: Path
) -> None:
    issued_pair(session)
    install(session, spec(to))
    new = renewed(session)
    with open(os.path.join(session.store.pair_path("a.com"), "pair.json"), "wb") as file:
        file.write(b"{")
    with pytest.raises(StoreError, match="not JSON"):
        prepare_export(session, spec(to, new))
    (tmp_path / "elsewhere").mkdir()
    assert install(session, spec(tmp_path / "elsewhere", new)) == ["written", "written"]
