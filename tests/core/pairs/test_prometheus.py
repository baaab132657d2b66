"""The metrics in the text format of Prometheus: each has a help line and a type, and names are escaped."""

from __future__ import annotations

import re
from datetime import timedelta

from requests_made import NOW, record

from csrtui.core.base.validity import Validity
from csrtui.core.pairs.list_exports import metric_lines
from csrtui.core.pairs.pair import Backup, BackupStatus, Pair, PairRecord
from csrtui.core.subject.fields import SubjectFields

LINE = re.compile(r'# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? \d+')
VALID = Validity(NOW, NOW + timedelta(days=90))


def lines(*records: PairRecord, unreadable: int = 0) -> list[str]:
    pairs = [Pair(f"p{number}", "/s", one) for number, one in enumerate(records)]
    text = "".join(metric_lines(pairs, unreadable, NOW))
    assert text.endswith("\n")
    result = text.splitlines()
    assert all(LINE.fullmatch(line) for line in result), text
    return result


def samples(name: str, *records: PairRecord) -> list[str]:
    return [line for line in lines(*records) if line.startswith(f"{name}{{")]


def test_every_metric_has_its_help_and_type_once_and_in_one_place() -> None:
    names = [line.split()[2] for line in lines() if line.startswith("# HELP")]
    assert len(names) == len(set(names)) == 8
    assert [line.split()[2] for line in lines() if line.startswith("# TYPE")] == names
    order = [line.split("{")[0].split()[0] for line in lines(record(), record()) if line[0] != "#"]
    assert order == sorted(order, key=names.index)


def test_the_expiry_and_the_backup_of_a_pair() -> None:
    one = record(validity=VALID, backups=(Backup(BackupStatus.VERIFIED, "/b", NOW, NOW),))
    labels = f'pair="p0",common_name="{one.subject.common_name}"'
    expiry = int(VALID.not_after.timestamp())
    assert samples("csrtui_certificate_expiry_timestamp_seconds", one) == [
        f"csrtui_certificate_expiry_timestamp_seconds{{{labels}}} {expiry}"
    ]
    assert samples("csrtui_pair_backup_verified", one) == [f"csrtui_pair_backup_verified{{{labels}}} 1"]
    assert samples("csrtui_pair_backup_verified", record())[0].endswith(" 0")
    assert 'step="back-up"} 1' in samples("csrtui_pair_next_step", record())[0]
    renewed = one._replace(renewed_by="x")
    assert samples("csrtui_certificate_renewal_due_timestamp_seconds", renewed) == []
    assert samples("csrtui_pair_next_step", renewed) == []


def test_until_a_certificate_is_installed_the_expiry_is_that_of_the_one_before_it() -> None:
    before = Validity(NOW - timedelta(days=80), NOW + timedelta(days=10))
    for one, validity in (
        (record(validity=VALID, previous=before), before),
        (record(validity=VALID, installed=NOW), VALID),
    ):
        expiry = int(validity.not_after.timestamp())
        assert samples("csrtui_certificate_expiry_timestamp_seconds", one)[0].endswith(f" {expiry}")


def test_a_retired_pair_is_counted_and_named_only_if_its_key_is_compromised() -> None:
    retired = record(validity=VALID, retired=NOW)
    assert samples("csrtui_certificate_expiry_timestamp_seconds", retired) == []
    assert samples("csrtui_pair_key_compromised", retired) == []
    assert samples("csrtui_pair_key_compromised", retired._replace(compromised=NOW))[0].endswith(" 1")
    assert 'csrtui_pairs{stage="retired"} 1' in lines(retired)
    assert "csrtui_pairs_unreadable 2" in lines(unreadable=2)


def test_a_label_is_escaped() -> None:
    odd = record(subject=SubjectFields(common_name='a"\\\n\x1b{}'))
    (line,) = samples("csrtui_pair_backup_verified", odd)
    assert 'common_name="a\\"\\\\\\\\x0a\\\\x1b{}"' in line
    nameless = record(subject=SubjectFields())
    assert 'common_name=""' in samples("csrtui_pair_backup_verified", nameless)[0]
