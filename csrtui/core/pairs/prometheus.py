"""Describe pairs as metrics in the text format of Prometheus (exposition format 0.0.4)."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from csrtui.core.base.escaping import visible
from csrtui.core.pairs.pair import BackupStatus, NextStep, Pair, Stage

_HELP: Final = {
    "csrtui_certificate_expiry_timestamp_seconds": "End of the validity of the pair's certificate.",
    "csrtui_certificate_renewal_due_timestamp_seconds": "Time from which the certificate should be renewed, unless it is already renewed.",
    "csrtui_pair_backup_verified": "Whether the pair has a verified backup of its key.",
    "csrtui_pair_next_step": "The next step of the pair, in the label step; always 1.",
    "csrtui_pair_key_compromised": "Whether the key is marked as compromised.",
    "csrtui_pairs": "Number of pairs by stage.",
    "csrtui_pairs_unreadable": "Number of pairs that cannot be read.",
    "csrtui_last_run_timestamp_seconds": "Time at which these metrics were written.",
}
BEGINNING: Final = "# HELP csrtui_"
"""The beginning of all metrics of csrtui."""
_LABEL_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\""})


def metric_lines(pairs: Iterable[Pair], unreadable: int, now: datetime) -> Iterator[str]:
    """Yield the lines of the metrics. A retired pair is only counted, unless its key is compromised.

    Args:
        pairs: The readable pairs.
        unreadable: The number of the other pairs.
        now: The time, in UTC.
    """
    samples: dict[str, list[str]] = {name: [] for name in _HELP}
    stages = dict.fromkeys(Stage, 0)
    for pair in pairs:
        stages[pair.record.stage] += 1
        for name, more, value in _pair_samples(pair, now):
            labels = {"pair": pair.name, "common_name": pair.record.subject.common_name or "", **more}
            samples[name].append(_sample(name, labels, value))
    samples["csrtui_pairs"] = [
        _sample("csrtui_pairs", {"stage": stage.value}, count) for stage, count in stages.items()
    ]
    samples["csrtui_pairs_unreadable"] = [_sample("csrtui_pairs_unreadable", {}, unreadable)]
    now_name = "csrtui_last_run_timestamp_seconds"
    samples[now_name] = [_sample(now_name, {}, int(now.timestamp()))]
    for name, lines in samples.items():
        yield f"# HELP {name} {_HELP[name]}\n"
        yield f"# TYPE {name} gauge\n"
        yield from lines


def _pair_samples(pair: Pair, now: datetime) -> Iterator[tuple[str, dict[str, str], int]]:
    """Yield the name of each metric of a pair, its further labels, and its value."""
    record = pair.record
    if record.compromised or record.stage is not Stage.RETIRED:
        yield "csrtui_pair_key_compromised", {}, int(bool(record.compromised))
    if record.stage is Stage.RETIRED:
        return
    if record.validity:
        expiry = int(record.validity.not_after.timestamp())
        yield "csrtui_certificate_expiry_timestamp_seconds", {}, expiry
        if not record.renewed_by:
            due = int(record.validity.due.timestamp())
            yield "csrtui_certificate_renewal_due_timestamp_seconds", {}, due
    yield "csrtui_pair_backup_verified", {}, int(record.backup_status is BackupStatus.VERIFIED)
    step = record.next_step(now)
    if step is not NextStep.NONE:
        yield "csrtui_pair_next_step", {"step": step.value}, 1


def _sample(name: str, labels: dict[str, str], value: int) -> str:
    pairs = ",".join(f'{label}="{_escape(text)}"' for label, text in labels.items())
    return f"{name}{{{pairs}}} {value}\n" if pairs else f"{name} {value}\n"


def _escape(text: str) -> str:
    return visible(text).translate(_LABEL_ESCAPES)
