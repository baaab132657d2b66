"""The files of release 0.1.0, copied into a folder. `tests/data/0.1.0/make` made them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data" / "0.1.0"
INVENTORY = "/tmp/csrtui-0.1.0/hosts"
_PLACE = "/tmp/csrtui-0.1.0/"


class Release:
    """The files of release 0.1.0 in a folder. The absolute paths in them begin with this folder.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.backups = folder / "backups"
        self.config, self.table = folder / "config.toml", folder / "table.csv"
        self.passphrase, self.identity = folder / "passphrase", folder / "identity"
        shutil.copytree(DATA, folder, dirs_exist_ok=True)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
        for path in (*self.store.glob("pairs/*/pair.json"), *self.store.glob(".*.json")):
            path.write_text(path.read_text().replace(_PLACE, f"{folder}/"))

    @property
    def pairs(self) -> dict[str, dict[str, Any]]:
        """The pairs, as ``list --json --retired`` of release 0.1.0 printed them."""
        (hosts,) = self.store.glob(".fleet-*.json")
        return {pair["name"]: pair for pair in json.loads(hosts.read_text())["hosts"][0]["pairs"]}

    def backup(self, pair: str) -> Path:
        """Return the backup of a pair."""
        (path,) = self.backups.glob(f"{pair}.2*.backup.*")
        return path
