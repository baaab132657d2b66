"""A pair in full: its certificate compared with its request, earlier certificates, and its timeline."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from certificates_made import intermediate, pem
from exports_made import certificate_of, issue, issued_pair
from pairs_made import new_pair
from requests_made import NOW, record

from csrtui.core.base.errors import InputError
from csrtui.core.base.validity import Validity
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.pair import Backup, BackupStatus, PairRecord
from csrtui.tasks.import_ import ImportSource, import_certificates
from csrtui.tasks.list import read_pair
from csrtui.tasks.session import change_record
from csrtui.tasks.show import PairDetails, pair_lines, read_pair_details, timeline

if TYPE_CHECKING:
    from csrtui.tasks.session import Session

DAY = timedelta(days=1)


def blocks(full: PairDetails) -> dict[str, list[str]]:
    """Return the texts for each label."""
    found: dict[str, list[str]] = {}
    label = ""
    for own, text in pair_lines(full.pair, NOW, full):
        label = own or label
        found.setdefault(label, []).append(text)
    return found


def words(one: PairRecord) -> list[str]:
    """Return the labels of a timeline, from the left."""
    _, *rows = ("".join(piece.text for piece in row) for row in timeline(one, NOW, 200))
    hung = [(row.index(part, at), part) for row in rows for at, part in _hooks(row)]
    return [part.removeprefix("└ ").strip("│ ") for _, part in sorted(hung)]


def _hooks(row: str) -> list[tuple[int, str]]:
    starts = [at for at, cell in enumerate(row) if cell == "└"]
    return [(at, row[at:end]) for at, end in zip(starts, [*starts[1:], len(row)], strict=True)]


def test_a_pair_without_a_certificate_has_no_certificate_lines(session: Session) -> None:
    full = read_pair_details(session, new_pair(session, "a.com"))
    assert (full.chain, full.certificate_error, full.earlier) == (None, "", ())
    assert not {"Certificate", "Chain", "Differences", "Problems", "Expires"} & set(blocks(full))


def test_an_issued_pair_shows_issuer_chain_and_problems(session: Session) -> None:
    shown = blocks(read_pair_details(session, issued_pair(session)))
    issuer, serial, print_ = shown["Certificate"]
    assert issuer == "issued by CN=Test CA 1"
    assert serial.startswith("serial number ")
    assert print_.startswith("SHA-256 ")
    assert len(print_.replace(" ", "")) == len("SHA-256") + 64
    state, above = shown["Chain"]
    assert state == "complete up to CN=Test Root, which clients must trust"
    assert re.fullmatch(r"CN=Test CA 1, expires \d+ \w{3} 20\d\d", above)
    assert shown["Differences"] == ["none"]
    assert "Problems" not in shown
    assert any(path.endswith("/certificate.pem") for path in shown["Files"])


def test_differences_from_the_request_stay_visible(session: Session) -> None:
    name = new_pair(session, "a.com")
    leaf = intermediate().sign(read_pair(session, name)[1].der, names=["b.com"])
    import_certificates(session, [ImportSource(pem(leaf))])
    shown = blocks(read_pair_details(session, name))
    assert len(shown["Differences"]) == 2
    assert "a.com was requested but is not in the certificate" in shown["Differences"][0]
    assert shown["Chain"] == ["not checkable: the issuer certificate, CN=Test CA 1, is missing"]
    assert any(line.startswith("warning: the chain is incomplete") for line in shown["Problems"])


def test_earlier_certificates_are_listed_with_the_files(session: Session) -> None:
    name = issued_pair(session)
    issue(session, name, NOW - DAY)
    full = read_pair_details(session, name)
    (before,) = full.earlier
    assert Path(before).read_bytes().startswith(b"-----BEGIN CERTIFICATE")
    assert blocks(full)["Files"][-1] == f"{before} (an earlier one)"


@pytest.mark.parametrize(
    "data", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"]
)
def test_an_unreadable_certificate_does_not_hide_other_details(session: Session, data: bytes) -> None:
    name = issued_pair(session)
    Path(session.store.pair_path(name), "certificate.pem").write_bytes(data)
    shown = blocks(read_pair_details(session, name))
    assert shown["Certificate"][0].startswith("cannot be read: ")
    assert shown["Certificate"][0].endswith("csrtui doctor shows what to do")
    assert shown["Subject"] == ["CN=a.com"]


def test_a_certificate_of_another_key_is_reported(session: Session) -> None:
    name = issued_pair(session)
    Path(session.store.pair_path(name), "certificate.pem").write_bytes(
        pem(certificate_of(KeyType.EC_P384, "b.com"))
    )
    full = read_pair_details(session, name)
    assert full.chain is None
    assert blocks(full)["Certificate"][0].startswith("does not match this pair's key: it is for CN=b.com")


@pytest.mark.parametrize("name", ["../a.com", "b.com", "\x1b[2J", ""])
def test_a_predecessor_that_does_not_exist_is_only_named(session: Session, name: str) -> None:
    new_pair(session)
    change_record(session, "a.com", lambda record: record._replace(renews=name))
    assert read_pair_details(session, "a.com").replaced is None


def test_a_missing_pair_is_an_error(session: Session) -> None:
    with pytest.raises(InputError, match="no pair b"):
        read_pair_details(session, "b.com")


# The timeline


def test_the_timeline_of_a_new_pair_has_creation_and_today() -> None:
    assert words(record()) == ["created today", "today 23 Nov"]


def test_the_timeline_has_all_events_in_order() -> None:
    began = NOW - 100 * DAY
    backups = (
        Backup(BackupStatus.MISSING, "/a", began + 9 * DAY),
        Backup(BackupStatus.VERIFIED, "/b", began + 10 * DAY, NOW),
    )
    one = record(
        created=began,
        backups=backups,
        submitted=began + 20 * DAY,
        validity=Validity(began + 30 * DAY, began + 180 * DAY),
        installed=began + 40 * DAY,
    )
    assert words(one) == [
        "created 15 Aug", "backed up 24 Aug", "submitted 4 Sep", "issued 14 Sep", "installed 24 Sep",
        "today 23 Nov", "renewal due 23 Dec", "expires 11 Feb",
    ]  # fmt: skip


def test_events_of_one_day_have_their_own_order() -> None:
    """CAs backdate their certificates by an hour, but this must not put *issued* before *created*."""
    one = record(
        submitted=NOW,
        backups=(Backup(BackupStatus.VERIFIED, "/b", NOW, NOW),),
        validity=Validity(NOW - timedelta(hours=2), NOW + 90 * DAY),
    )
    assert [text.partition(" today")[0] for text in words(one)[:4]] == [
        "created",
        "backed up",
        "submitted",
        "issued",
    ]


def test_past_events_have_past_labels() -> None:
    one = record(created=NOW - 99 * DAY, validity=Validity(NOW - 90 * DAY, NOW - DAY))
    assert words(one)[-3:] == ["renewal due 23 Oct", "expired 22 Nov", "today 23 Nov"]
    one = record(validity=Validity(NOW + DAY, NOW + 90 * DAY))
    assert words(one)[2] == "valid from 24 Nov"


@pytest.mark.parametrize("changes", [{"renewed_by": "b.com"}, {"retired": NOW}])
def test_a_replaced_or_retired_pair_is_not_due(changes: dict[str, object]) -> None:
    one = record(validity=Validity(NOW - DAY, NOW + 90 * DAY))._replace(**changes)  # type: ignore[arg-type]
    assert not any("due" in text for text in words(one))
    assert any("retired" in text for text in words(one)) is ("retired" in changes)


def test_a_compromised_key_and_its_revocation_are_on_the_timeline() -> None:
    one = record(validity=Validity(NOW - 9 * DAY, NOW + 90 * DAY))
    marked = one._replace(retired=NOW - DAY, compromised=NOW - DAY, revoked=NOW)
    texts = words(marked)
    assert any(text.startswith("compromised") for text in texts)
    assert any(text.startswith("revoked") for text in texts)
    assert not any(text.startswith("retired") for text in texts), "the mark retired the pair"
    earlier = words(marked._replace(retired=NOW - 2 * DAY))
    assert any(text.startswith("retired") for text in earlier)
