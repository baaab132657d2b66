"""Handing out the CSR: the history, and the commands that fetch it."""

from __future__ import annotations

import errno
import shlex
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from failing_call import FailingCall
from hypothesis import example, given
from hypothesis import strategies as st
from requests_made import NOW
from tables import table

from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, StoreError
from csrtui.core.base.escaping import is_visible
from csrtui.core.base.finding import CaKind
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, Stage
from csrtui.core.pairs.pair_json import dump_record, load_record
from csrtui.core.servers.guide import Host, scp_line
from csrtui.tasks.list import read_pair
from csrtui.tasks.new import create_pair
from csrtui.tasks.request_spec import RequestSpec
from csrtui.tasks.submit import (
    CsrForm,
    HandOutWay,
    fetch_lines,
    mark_submitted,
    record_ca,
    record_handout,
    short_text,
    ssh_host,
    write_csr,
)

if TYPE_CHECKING:
    from csrtui.tasks.session import Session

OVERRULED = ", although no backup is verified"


def make(session: Session, *backups: Backup) -> Pair:
    pair = create_pair(session, RequestSpec(names=("a.com",)))
    record = pair.record._replace(backups=backups)
    Path(pair.path, "pair.json").write_bytes(dump_record(record))
    return pair._replace(record=record)


def backup(status: BackupStatus, path: str = "/mnt/a.backup.pem", days: int = 0) -> Backup:
    return Backup(status, path, NOW + timedelta(days=days))


@pytest.mark.parametrize("way", HandOutWay)
@pytest.mark.parametrize("status", BackupStatus)
def test_each_way_is_recorded_and_also_a_missing_backup(
    session: Session, way: HandOutWay, status: BackupStatus
) -> None:
    pair = make(session, *([] if status is BackupStatus.NONE else [backup(status)]))
    after = record_handout(session, pair, way)
    stored = load_record(Path(pair.path, "pair.json").read_bytes())
    assert stored == after.record
    assert stored.history[-1].text == f"CSR handed out: {way.value}" + (
        "" if status is BackupStatus.VERIFIED else OVERRULED
    )
    assert stored.stage is Stage.NEW


def test_the_backup_status_is_read_when_the_event_is_recorded(session: Session) -> None:
    seen_before = make(session)
    make_verified = seen_before.record._replace(backups=(backup(BackupStatus.VERIFIED),))
    Path(seen_before.path, "pair.json").write_bytes(dump_record(make_verified))
    assert mark_submitted(session, seen_before).record.history[-1].text == "submitted"


def test_a_file_that_is_written_but_not_recorded_is_reported(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(session)

    def busy(*_: object) -> None:
        raise StoreError("the pair is busy")

    monkeypatch.setattr("csrtui.tasks.submit.change_record", busy)
    with pytest.raises(StoreError, match=r"a\.csr is written, but not recorded: the pair is busy"):
        write_csr(session, "a.com", str(tmp_path / "a.csr"), CsrForm.PEM)
    assert (tmp_path / "a.csr").exists()


def test_a_path_in_the_history_is_escaped(session: Session, tmp_path: Path) -> None:
    make(session)
    written = write_csr(session, "a.com", str(tmp_path / "\x1b[2J\n.csr"), CsrForm.DER)
    assert "/\\x1b[2J\\x0a.csr" in written.pair.record.history[-1].text


@given(st.text())
def test_a_text_is_kept_short_and_in_one_visible_line(text: str) -> None:
    try:
        kept = short_text(text, "the note", 40)
    except InputError:
        return
    assert kept.isprintable()
    assert len(kept) <= 40


# The scp commands


def test_csr_and_newest_backup_are_fetched_and_never_the_key(session: Session) -> None:
    pair = make(
        session,
        backup(BackupStatus.VERIFIED, "/mnt/old.pem"),
        backup(BackupStatus.UNVERIFIED, "/mnt/new one.pem", days=1),
        backup(BackupStatus.MISSING, "/mnt/gone.pem", days=2),
        backup(BackupStatus.DAMAGED, "/mnt/broken.pem", days=3),
    )
    lines = dict(fetch_lines(pair, Host("web01", "joe")))
    assert shlex.split(lines["the CSR"]) == ["scp", f"joe@web01:{pair.path}/request.pem", "a.com.csr"]
    assert shlex.split(lines["its encrypted backup"]) == ["scp", "joe@web01:/mnt/new\\ one.pem", "."]
    assert "key.pem" not in str(lines)


def test_without_a_backup_there_is_only_the_csr(session: Session) -> None:
    assert [label for label, _ in fetch_lines(make(session), Host("h", "u"))] == ["the CSR"]


@pytest.mark.parametrize(
    ("connection", "port"),
    [
        ("10.0.0.1 50000 10.0.0.2 2222", 2222),
        ("10.0.0.1 50000 10.0.0.2 22", 22),
        ("", 22),
        ("x", 22),
        ("a b c 99999", 22),
        ("a b c ²", 22),
    ],
)
def test_the_port_is_the_one_of_this_session(session: Session, connection: str, port: int) -> None:
    host = ssh_host(session, {"SSH_CONNECTION": connection})
    assert (host.port, host.user) == (port, "joe")
    line = scp_line(host, "/x")
    assert line is not None
    assert ("-P 2222" in line) is (port == 2222)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1))
@example("\U000e0100")  # U+E0100 is escaped at the beginning of a text, but not after a slash
def test_any_path_is_quoted_for_both_shells(path: str) -> None:
    line = scp_line(Host("h", "u"), f"/{path}")
    if line is None:
        assert not is_visible(f"/{path}")
        return
    _, there, _ = shlex.split(line)
    far_shell = there.removeprefix("u@h:")
    assert shlex.split(far_shell) == [f"/{path}"]


@table("path", ["/a\tb", "/a\nb", "/\x1b[2J", "/a\u202eb", "/\udcff"])
def test_a_path_with_unprintable_characters_has_no_scp_line(path: str) -> None:
    assert scp_line(Host("h", "u"), path) is None


@table("path", ["/a b", "/$(touch x)", "/`x`", "/a'b\"c", "/*", "/~", "/a;b&c|d"])
def test_a_real_shell_reads_the_same_words(path: str) -> None:
    line = scp_line(Host("h", "u"), path)
    near = subprocess.run(["sh", "-c", f'set -- {line}; printf %s "$2"'], capture_output=True, check=True)
    there = near.stdout.decode().removeprefix("u@h:")
    far = subprocess.run(["sh", "-c", f"printf %s {there}"], capture_output=True, check=True)
    assert far.stdout.decode() == path


def test_errors_are_csrtuis_own_errors(session: Session, tmp_path: Path) -> None:
    for path in ("", "\0", str(tmp_path), f"{tmp_path}/", str(tmp_path / "no" / "x"), "/" + "x" * 300):
        make_path = path
        with pytest.raises(CsrtuiError):
            write_csr(session, make(session).name, make_path, CsrForm.PEM)


# Unconfirmed writes


def not_confirming(monkeypatch: pytest.MonkeyPatch, when: int, number: int = errno.EINVAL) -> FailingCall:
    """Fail one flush: 1 for a new file, 2 for its folder, 3 for a record, 4 for its folder."""
    return FailingCall(monkeypatch, "fsync", number, when=when)


@pytest.mark.parametrize("when", [2, 4])
def test_a_csr_on_a_share_that_cannot_flush_folders_is_recorded(
    session: Session, tmp_path: Path, when: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(session)
    with monkeypatch.context() as during:
        failing = not_confirming(during, when)
        written = write_csr(session, "a.com", str(tmp_path / "a.csr"), CsrForm.PEM)
    assert failing.fired
    assert (tmp_path / "a.csr").exists()
    messages = [written.unconfirmed.message] if written.unconfirmed else []
    assert messages == (
        [f"{written.pair.name} is saved, but the disk did not confirm it"] if when == 4 else []
    )
    assert str(tmp_path / "a.csr") in written.pair.record.history[-1].text
    assert read_pair(session, "a.com")[0] == written.pair


@pytest.mark.parametrize(
    ("names", "key_type", "reason"),
    [
        (("a.com",), KeyType.EC_P256, None),
        (("intranet",), KeyType.EC_P256, "intranet has no domain"),
        (("a.com",), KeyType.ED25519, "Ed25519"),
    ],
)
def test_the_ca_of_a_pair_is_changed_unless_that_ca_does_not_issue_for_its_csr(
    session: Session, names: tuple[str, ...], key_type: KeyType, reason: str | None
) -> None:
    pair = create_pair(session, RequestSpec(names, ca=CaKind.PRIVATE, key_type=key_type))
    if reason is None:
        record_ca(session, pair.name, CaKind.PUBLIC)
    else:
        with pytest.raises(RefusedError, match=reason):
            record_ca(session, pair.name, CaKind.PUBLIC)
    ca = read_pair(session, pair.name)[0].record.ca
    assert ca is (CaKind.PUBLIC if reason is None else CaKind.PRIVATE)
