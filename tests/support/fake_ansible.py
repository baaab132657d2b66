"""A program in the place of ansible-playbook that answers as it was told, and keeps what it was asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from csrtui.store import ansible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

_SCRIPT = """#!/bin/sh
cd "{folder}" || exit 9
for book; do :; done
number=$(($(cat count) + 1))
echo $number >count.new && mv count.new count
cp "$book" play.$number
printf '%s\\n' "$@" >argv.$number
cat said.$number >&2
cat answers.$number
[ ! -e hangs.$number ] || exec sleep 60
exit "$(cat status.$number)"
"""


class FakeAnsible:
    """Takes the place of ansible-playbook.

    Args:
        folder: An empty folder for it; there is an inventory in it, too.
        patch: pytest's `monkeypatch`.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._plays = 0
        (folder / "count").write_text("0")
        self.inventory = folder / "hosts.ini"
        self.inventory.write_text("web1\nweb2\n")
        self.program = folder / "ansible-playbook"
        self.program.write_text(_SCRIPT.format(folder=folder))
        self.program.chmod(0o755)
        patch.setattr(ansible, "_program", lambda: str(self.program))

    def answers(
        self,
        results: Mapping[str, Mapping[str, Any]],
        *,
        hosts: tuple[str, ...] | None = None,
        hangs: bool = False,
    ) -> None:
        """Have the next play answered: a result of Ansible's for each host; ``ended`` in it says how it ended."""
        lines: list[dict[str, Any]] = [{"hosts": list(results if hosts is None else hosts)}]
        lines += [
            {"host": host, "ended": result.get("ended", "ok"), "result": dict(result)}
            for host, result in results.items()
        ]
        self.prints("".join(json.dumps(line) + "\n" for line in lines), hangs=hangs)

    def prints(self, out: str, *, said: str = "", status: int = 0, hangs: bool = False) -> None:
        """Have the next play answered by just this."""
        self._plays += 1
        for name, text in (("answers", out), ("said", said), ("status", str(status))):
            (self._folder / f"{name}.{self._plays}").write_text(text)
        if hangs:
            (self._folder / f"hangs.{self._plays}").touch()

    def play(self, number: int) -> str:
        """The play that it was given as the first, second, … one."""
        return (self._folder / f"play.{number}").read_text()

    def argv(self, number: int) -> list[str]:
        """Its command line then, without the play."""
        return (self._folder / f"argv.{number}").read_text().splitlines()[:-1]

    @property
    def asked(self) -> int:
        """How many plays it was given."""
        return int((self._folder / "count").read_text())


def printed(document: object, status: int = 0, err: str = "") -> dict[str, Any]:
    """The result of a call of csrtui that printed a JSON document."""
    result = {"rc": status, "stdout": json.dumps(document), "stderr": err, "changed": False}
    return result | ({"ended": "failed", "msg": "non-zero return code"} if status else {})


def said(error: str, status: int, hint: str = "") -> dict[str, Any]:
    """The result of a call of csrtui that failed."""
    err = f"csrtui: error: {error}\n" + (f"hint: {hint}\n" if hint else "")
    return {"rc": status, "stdout": "", "stderr": err, "ended": "failed", "msg": "non-zero return code"}
