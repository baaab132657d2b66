"""Stores with many pairs, written without generating a key for each, and random records for hypothesis."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from requests_made import NOW, record

from csrtui.core.base.finding import CaKind
from csrtui.core.base.validity import Validity
from csrtui.core.pairs.facts import KeyFacts, RequestFacts
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.core.pairs.pair_json import dump_record
from csrtui.core.pairs.renewal_state import RenewalState
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=8) | st.sampled_from(
    ["a'b", 'a"b', "100%", "a_b", "Straße", "STRASSE", "ß", "İ", "ſ", "\x00", "\x1b[31m", "\ud800", "b\\c"]
)
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)) | st.integers(  # noqa: DTZ001 - hypothesis adds the zone
    -400, 400
).map(lambda days: NOW + timedelta(days=days))
RECORDS = st.builds(
    PairRecord,
    created=TIMES,
    subject=st.just(SubjectFields(common_name="a.com")),
    subject_text=ANY_TEXT,
    names=st.lists(ANY_TEXT, max_size=2).map(tuple),
    ca=st.sampled_from(CaKind),
    platform=st.sampled_from(["nginx", "other"]) | ANY_TEXT,
    key=st.builds(KeyFacts, st.sampled_from(["ec-p256", "rsa-2048"]) | ANY_TEXT, st.booleans(), ANY_TEXT),
    request=st.just(RequestFacts("0" * 64, "sha256")),
    backups=st.lists(
        st.builds(
            Backup,
            st.sampled_from(BackupStatus),
            st.just("/b.pem"),
            TIMES,
            st.none() | TIMES,
            st.just(""),
            st.none() | TIMES,
        ),
        max_size=2,
    ).map(tuple),
    submitted=st.none() | TIMES,
    validity=st.none() | st.builds(Validity, TIMES, TIMES),
    installed=st.none() | TIMES,
    retired=st.none() | st.none() | TIMES,
    renewed_by=st.none() | st.none() | st.just("b"),
    renewal=st.just(RenewalState.INSTALLED),
    previous=st.none() | st.none() | st.builds(Validity, TIMES, TIMES),
)
"""Records with random values for everything that a list shows, sorts or searches."""


def pair_of_record(name: str, one: PairRecord) -> Pair:
    """Return a pair with a record but no folder."""
    return Pair(name, f"/store/pairs/{name}", one)


def write_pair(store: Path, name: str, one: PairRecord | None = None) -> Path:
    """Write the folder of a pair with a dummy key and CSR."""
    folder = store / "pairs" / name
    for path in (store, store / "pairs", folder):
        if not path.exists():
            path.mkdir()
            path.chmod(0o700)
    contents = {
        "key.pem": (b"-----THE KEY-----", 0o600),
        "request.pem": (b"request", 0o644),
        "pair.json": (dump_record(one or record()), 0o600),
    }
    for file, (data, mode) in contents.items():
        descriptor = os.open(folder / file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        try:
            os.fchmod(descriptor, mode)
            os.write(descriptor, data)
        finally:
            os.close(descriptor)
    return folder


def write_pairs(store: Path, records: Iterable[tuple[str, PairRecord]]) -> None:
    """Write the folders of many pairs."""
    for name, one in records:
        write_pair(store, name, one)


def varied(count: int, now: datetime = NOW) -> Iterable[tuple[str, PairRecord]]:
    """Return names and records that differ in everything that a list shows. They are always the same."""
    hosts = ("shop", "www", "mail", "api", "db", "vpn", "wiki")
    for number in range(count):
        name = f"{hosts[number % len(hosts)]}{number}.example.com"
        life = Validity(now - timedelta(days=number * 7 % 80), now + timedelta(days=number * 11 % 300))
        yield (
            name,
            record()._replace(
                names=(name, f"alt{number}.example.org"),
                subject_text=f"CN={name},O=Example Ltd {number % 100},C=GB",
                created=now - timedelta(minutes=number * 37 % 500_000),
                key=KeyFacts("rsa-2048" if number % 5 == 0 else "ec-p256", False, f"{number:064x}"),
                backups=() if number % 2 else (Backup(BackupStatus.VERIFIED, f"/b/{name}.pem", now, now),),
                submitted=now if number % 3 == 0 else None,
                validity=life if number % 4 == 0 else None,
                retired=now if number % 50 == 49 else None,
            ),
        )
