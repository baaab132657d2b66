"""Exporting: errors before a passphrase is needed, the written files, and the record afterwards."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from backups_made import PASSPHRASE
from certificates_made import START, intermediate, pem
from exports_made import issue, issued_pair
from pairs_made import new_pair, record_of
from requests_made import NOW

from csrtui.core.base.errors import InputError, RefusedError, StoreError
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import NextStep
from csrtui.core.servers.deployment import Strength, read_chain
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.store import new_files, safe_files
from csrtui.store.disk_errors import NotConfirmedError
from csrtui.tasks import export as exporting
from csrtui.tasks import server_files
from csrtui.tasks.export import (
    ExportResult,
    ExportSpec,
    PreparedExport,
    export,
    plan_deployment,
    prepare_export,
)
from csrtui.tasks.import_ import ImportSource, import_certificates
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import change_record

if TYPE_CHECKING:
    from csrtui.core.pairs.pair import PairRecord
    from csrtui.tasks.session import Session


@pytest.fixture
def to(tmp_path: Path) -> Path:
    folder = tmp_path / "to"
    folder.mkdir()
    return folder


def order(to: Path, platform: str = "nginx", strength: Strength = Strength.AES) -> ExportSpec:
    return ExportSpec("a.com", PLATFORMS[platform], str(to), strength)


def ready(session: Session, to: Path, platform: str = "nginx") -> PreparedExport:
    return prepare_export(session, order(to, platform))


def written(to: Path) -> list[str]:
    return sorted(path.name for path in to.iterdir())


def test_an_incomplete_chain_is_named_at_the_file(session: Session, to: Path) -> None:
    leaf = intermediate().sign(read_pair(session, new_pair(session))[1].der)
    import_certificates(session, [ImportSource(pem(leaf))])
    found = ready(session, to)
    assert plan_deployment(found).lacks_issuer
    texts = [result.text for result in export(session, found).results]
    assert "written, certificate only: the chain is incomplete" in texts


@pytest.mark.parametrize("platform", PLATFORMS)
def test_for_every_platform_the_files_are_written_and_recorded(
    session: Session, to: Path, platform: str
) -> None:
    issued_pair(session)
    assert record_of(session).installed is None
    found = ready(session, to, platform)
    before = plan_deployment(found)
    done: ExportResult = export(
        session, found, file_passphrase=PASSPHRASE if found.needs_file_passphrase else None
    )
    assert [result.file for result in done.results] == [
        f"{to}/a.com{file.ending}" for file in done.plan.files
    ]
    assert written(to) == sorted(f"a.com{file.ending}" for file in done.plan.files)
    assert all(result.ok and result.pair == "a.com" for result in done.results)
    assert done.plan == before
    record = record_of(session)
    assert done.record_error is None
    assert record.installed == NOW
    assert record.history[-1].text.startswith(f"installed files written: {to}/a.com")
    assert record.history[-1].text.endswith(f"({platform})")
    assert record.history[-1].user == "joe"


@pytest.mark.parametrize("platform", ["nginx", "iis", "exchange", "tomcat"])
def test_without_a_certificate_an_export_is_refused_with_a_hint(
    session: Session, to: Path, platform: str
) -> None:
    new_pair(session)
    with pytest.raises(RefusedError, match=r"a\.com has no certificate yet") as caught:
        ready(session, to, platform)
    assert caught.value.hint
    assert f"csrtui import --store {session.store.path} FILE" in caught.value.hint
    assert f"csrtui guide {platform}" in caught.value.hint
    assert written(to) == []


@pytest.mark.parametrize("platform", ["nginx", "iis"])
def test_the_certificate_of_another_key_is_refused(session: Session, to: Path, platform: str) -> None:
    issued_pair(session)
    new_pair(session, "b.com", key_type=KeyType.RSA_2048)
    theirs = intermediate().sign(read_pair(session, "b.com")[1].der)
    exchange(session, "certificate.pem", pem(theirs))
    with pytest.raises(RefusedError, match=FITS_NOT.format(r"a\.com", r"b\.com")) as caught:
        ready(session, to, platform)
    assert "csrtui doctor" in str(caught.value.hint)
    assert written(to) == []


@pytest.mark.parametrize("platform", ["nginx", "iis"])
def test_the_key_of_another_pair_is_refused_before_anything_is_written(
    session: Session, to: Path, platform: str
) -> None:
    issued_pair(session)
    found = ready(session, to, platform)
    other = key_types.private_pem(key_types.generate(KeyType.EC_P256))
    exchange(session, "key.pem", other)
    with pytest.raises(RefusedError, match=FITS_NOT.format("no pair in this keystore", r"a\.com")) as caught:
        export(session, found, file_passphrase=PASSPHRASE if found.needs_file_passphrase else None)
    assert "csrtui doctor" in str(caught.value.hint)
    assert caught.value.pair == "a.com"
    assert written(to) == []
    assert record_of(session).installed is None


def test_a_key_and_a_certificate_of_one_other_pair_are_refused_too(session: Session, to: Path) -> None:
    issued_pair(session)
    new_pair(session, "b.com", key_type=KeyType.RSA_2048)
    found = ready(session, to)
    theirs = pem(intermediate().sign(read_pair(session, "b.com")[1].der))
    exchange(session, "certificate.pem", theirs)
    exchange(session, "key.pem", session.store.read_key("b.com"))
    with pytest.raises(RefusedError, match=FITS_NOT.format(r"b\.com", r"b\.com")):
        export(session, replace(found, chain=read_chain(theirs)))
    assert written(to) == []


FITS_NOT = r"do not match: key\.pem is of {} \(SPKI .*\), certificate\.pem is of {} \(SPKI"


def exchange(session: Session, file: str, data: bytes) -> None:
    """Replace a file of a.com with another one."""
    with open(os.path.join(session.store.pair_path("a.com"), file), "wb") as target:
        target.write(data)


def test_legacy_is_for_pkcs12_only(session: Session, to: Path) -> None:
    issued_pair(session)
    with pytest.raises(InputError, match=r"--legacy is for PKCS #12 files, but nginx uses PEM"):
        prepare_export(session, order(to, strength=Strength.LEGACY))
    assert prepare_export(session, order(to, "iis", Strength.LEGACY)).spec.strength is Strength.LEGACY


def test_the_keystore_is_refused_as_a_folder(session: Session) -> None:
    issued_pair(session)
    with pytest.raises(InputError, match="within the keystore"):
        prepare_export(session, ExportSpec("a.com", PLATFORMS["nginx"], session.store.pair_path("a.com")))


def test_an_encrypted_key_is_written_plain_where_the_server_has_to_read_it(
    session: Session, to: Path
) -> None:
    issued_pair(session, passphrase=PASSPHRASE)
    found = ready(session, to)
    assert found.needs_key_passphrase
    assert not found.needs_file_passphrase
    assert [text for text in found.warnings if "nginx gets the key without a passphrase" in text]
    export(session, found, key_passphrase=PASSPHRASE)
    assert (to / "a.com.key").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert b"ENCRYPTED" in session.store.read_key("a.com")


def test_in_pkcs12_a_key_has_the_passphrase_of_the_file(session: Session, to: Path) -> None:
    issued_pair(session, passphrase=PASSPHRASE)
    found = ready(session, to, "iis")
    assert [text for text in found.warnings if "has the passphrase of the file" in text]
    export(session, found, key_passphrase=PASSPHRASE, file_passphrase=Secret("another one"))
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

    assert load_pkcs12((to / "a.com.pfx").read_bytes(), b"another one").key is not None


@pytest.mark.parametrize("given", [None, Secret("wrong")])
def test_without_the_right_passphrase_of_the_key_nothing_is_written(
    session: Session, to: Path, given: Secret | None
) -> None:
    issued_pair(session, passphrase=PASSPHRASE)
    with pytest.raises((InputError, RefusedError), match="passphrase"):
        export(session, ready(session, to), key_passphrase=given)
    assert written(to) == []
    assert record_of(session).installed is None


def test_pkcs12_without_a_passphrase_is_refused(session: Session, to: Path) -> None:
    issued_pair(session)
    with pytest.raises(InputError, match="needs a passphrase"):
        export(session, ready(session, to, "iis"))
    assert written(to) == []


def test_an_existing_file_stops_the_export_and_nothing_is_recorded(session: Session, to: Path) -> None:
    issued_pair(session)
    (to / "a.com.key").write_bytes(b"old")
    with pytest.raises(InputError, match="already exists"):
        export(session, ready(session, to))
    assert (to / "a.com.key").read_bytes() == b"old"
    assert written(to) == ["a.com.key"]
    assert record_of(session).installed is None


def test_a_record_that_cannot_be_written_is_reported_and_the_files_stay(
    session: Session, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued_pair(session)

    def busy(*_: object) -> None:
        raise StoreError("somebody holds the pair", "wait")

    monkeypatch.setattr(server_files, "change_record", busy)
    done = export(session, ready(session, to))
    assert done.record_error is not None
    assert done.record_error.message.endswith("not recorded: somebody holds the pair")
    assert done.record_error.hint == "wait"
    assert written(to) == ["a.com.crt", "a.com.key"]


def test_a_certificate_imported_in_the_meantime_is_not_recorded_as_installed(
    session: Session, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued_pair(session)
    found = ready(session, to)
    write_all = new_files.write_new_files

    def slow(*given: object, **options: object) -> list[str]:
        issue(session, "a.com", START + timedelta(days=1))
        return write_all(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(exporting, "write_new_files", slow)
    export(session, found)
    record = record_of(session)
    assert record.installed is None
    assert record.history[-1].text.startswith("installed files written")


def test_the_next_step_is_to_install_until_it_is_done(session: Session, to: Path) -> None:
    from csrtui.core.pairs.pair import Backup, BackupStatus

    issued_pair(session)
    backup = Backup(BackupStatus.VERIFIED, "/b", NOW, NOW)
    change_record(session, "a.com", lambda record: record.with_backup(backup))
    assert record_of(session).next_step(NOW) is NextStep.INSTALL
    export(session, ready(session, to))
    assert record_of(session).next_step(NOW) is NextStep.NONE


@pytest.mark.parametrize(
    ("platform", "days", "said"),
    [
        ("nginx", -400, "has expired"),
        ("nginx", 5, "is not valid yet"),
        ("exchange", 0, "not every version of Microsoft Exchange supports keys other than RSA"),
        ("iis", 0, "weak MAC"),
    ],
)
def test_warnings_are_shown_before_the_export(
    session: Session, to: Path, platform: str, days: int, said: str
) -> None:
    issued_pair(session)

    def moved(record: PairRecord) -> PairRecord:
        assert record.validity
        life = record.validity._replace(
            not_before=record.validity.not_before + timedelta(days=days),
            not_after=record.validity.not_after + timedelta(days=days),
        )
        return record._replace(validity=life)

    change_record(session, "a.com", moved)
    assert [text for text in ready(session, to, platform).warnings if said in text]


def test_a_certificate_for_another_name_or_without_its_chain_is_reported_before_the_export(
    session: Session, to: Path
) -> None:
    issued_pair(session)
    change_record(session, "a.com", lambda record: record._replace(names=("b.com",)))
    path = Path(session.store.pair_path("a.com"), "certificate.pem")
    path.write_bytes(
        path.read_bytes().partition(b"-----END CERTIFICATE-----\n")[0] + b"-----END CERTIFICATE-----\n"
    )
    names, chain = ready(session, to).warnings
    assert names == "The certificate does not cover b.com: visitors will get an error."
    assert chain.startswith("The chain is incomplete: issuer certificate ")


def test_a_good_pair_has_no_warning_and_a_retired_one_has(session: Session, to: Path) -> None:
    issued_pair(session)
    assert ready(session, to).warnings == ()
    change_record(session, "a.com", lambda record: record.with_retirement(NOW, "joe"))
    assert [text for text in ready(session, to).warnings if "retired" in text]


def test_an_unconfirmed_record_is_reported_as_unconfirmed(
    session: Session, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued_pair(session)

    def unconfirmed(*_: object) -> None:
        raise NotConfirmedError("a.com")

    monkeypatch.setattr(safe_files, "flush_folder", unconfirmed)
    done = export(session, ready(session, to))
    assert done.record_error is not None
    assert done.record_error.message == "a.com is saved, but the disk did not confirm it"
    assert session.store.read("a.com").record.count(b"installed files written") == 1
