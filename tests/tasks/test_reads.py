"""Each task reads and decodes each file of a pair once."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from exports_made import issued_pair
from pairs_made import order
from recipients_made import age_pair

from csrtui.core.backups.recipients import read_recipients
from csrtui.core.keys import pkcs8
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.tasks.backup import RecipientBackupSpec, back_up
from csrtui.tasks.export import ExportSpec, export, prepare_export
from csrtui.tasks.import_ import ImportSource, import_certificates
from csrtui.tasks.import_decision import ImportMode
from csrtui.tasks.renew import plan_renewal, prove_old_key
from csrtui.tasks.show import read_pair_details
from csrtui.tasks.verify import verify_many

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from csrtui.tasks.session import Session

_FILES = ("key.pem", "request.pem", "certificate.pem")


def _back_up_for_recipients(session: Session, to: Path) -> None:
    back_up(session, "a.com", RecipientBackupSpec(str(to), read_recipients(age_pair()[1])))


def _export(session: Session, to: Path) -> None:
    export(session, prepare_export(session, ExportSpec("a.com", PLATFORMS["nginx"], str(to))))


def _import(session: Session, to: Path) -> None:
    source = ImportSource((to / "certificate.pem").read_bytes())
    assert import_certificates(session, [source], mode=ImportMode.PREVIEW)[0].pair == "a.com"


@pytest.mark.parametrize(
    ("task", "reads"),
    [
        (lambda session, to: back_up(session, "a.com", order(to)), (1, 1, 1)),
        (_back_up_for_recipients, (1, 1, 1)),
        (lambda session, _: verify_many(session, ["a.com"]), (0, 1, 1)),
        (_export, (1, 1, 1)),
        (lambda session, _: prove_old_key(session, plan_renewal(session, "a.com")), (1, 1, 1)),
        (_import, (0, 1, 1)),
        (lambda session, _: read_pair_details(session, "a.com"), (0, 1, 1)),
    ],
    ids=["backup", "backup for recipients", "verify", "export", "renew", "import", "show"],
)
def test_each_file_is_read_once(
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    task: Callable[[Session, Path], object],
    reads: tuple[int, int, int],
) -> None:
    monkeypatch.setattr(pkcs8, "ITERATIONS", 1000)
    issued_pair(session)
    to = tmp_path / "to"
    to.mkdir()
    certificate = tmp_path / "store/pairs/a.com/certificate.pem"
    (to / "certificate.pem").write_bytes(certificate.read_bytes())
    opened: Counter[object] = Counter()
    open_file = os.open

    def count(path: str, flags: int, *arguments: int, dir_fd: int | None = None, **options: int) -> int:
        if dir_fd is not None:
            opened[path] += 1
        return open_file(path, flags, *arguments, dir_fd=dir_fd, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", count)
        task(session, to)
    assert tuple(opened[file] for file in _FILES) == reads
    assert opened["pair.json"] <= 2, "once, and once more under the lock or in a listing"
