"""Fake ansible-playbook and ansible-inventory, which return prepared answers and record their input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from csrtui.fleet import ansible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

_SCRIPT = """#!/bin/sh
cd "{folder}" || exit 9
if [ "${{0##*/}}" = ansible-inventory ]; then
  printf '%s\n' "$@" >lists.$(ls lists.* 2>/dev/null | wc -l)
  cat inventory.errors >&2
  cat inventory.json
  [ ! -e hangs.inventory ] || exec sleep 60
  exit "$(cat inventory.status)"
fi
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
    """A fake of ansible-playbook.

    Args:
        folder: An empty folder for its files and the inventory.
        patch: pytest's `monkeypatch`.
    """

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._plays = 0
        (folder / "count").write_text("0")
        self.inventory = folder / "hosts.ini"
        self.inventory.write_text("web1\nweb2\n")
        self.program = folder / "ansible-playbook"
        for program in (self.program, folder / "ansible-inventory"):
            program.write_text(_SCRIPT.format(folder=folder))
            program.chmod(0o755)
        patch.setattr(ansible, "_find_program", lambda name: str(folder / name))
        self.holds({})

    def holds(self, hosts: Mapping[str, Mapping[str, Any]], *, hangs: bool = False) -> None:
        """Let the inventory contain these hosts with their variables."""
        listed = {"_meta": {"hostvars": hosts}, "all": {"children": ["web"]}, "web": {"hosts": list(hosts)}}
        self._list(json.dumps(listed))
        (self._folder / "hangs.inventory").unlink(missing_ok=True)
        if hangs:
            (self._folder / "hangs.inventory").touch()

    def holds_none(self, errors: str) -> None:
        """Let the inventory be refused with these errors."""
        self._list("", errors, status=1)

    def _list(self, printed: str, errors: str = "", status: int = 0) -> None:
        for name, text in (("json", printed), ("errors", errors), ("status", str(status))):
            (self._folder / f"inventory.{name}").write_text(text)

    @property
    def lists(self) -> list[list[str]]:
        """Return the command line of each run that listed the inventory."""
        files = sorted(self._folder.glob("lists.*"), key=lambda file: int(file.suffix[1:]))
        return [file.read_text().splitlines() for file in files]

    def answers(
        self,
        results: Mapping[str, Mapping[str, Any]],
        *,
        hosts: tuple[str, ...] | None = None,
        hangs: bool = False,
    ) -> None:
        """Set the answers of the next play: a result for each host. ``ended`` in a result is its outcome."""
        lines: list[dict[str, Any]] = [{"hosts": list(results if hosts is None else hosts)}]
        lines += [
            {"host": host, "ended": result.get("ended", "ok"), "result": dict(result)}
            for host, result in results.items()
        ]
        self.prints("".join(json.dumps(line) + "\n" for line in lines), hangs=hangs)

    def prints(self, out: str, *, said: str = "", status: int = 0, hangs: bool = False) -> None:
        """Set the exact output of the next play."""
        self._plays += 1
        for name, text in (("answers", out), ("said", said), ("status", str(status))):
            (self._folder / f"{name}.{self._plays}").write_text(text)
        if hangs:
            (self._folder / f"hangs.{self._plays}").touch()

    def play(self, number: int) -> str:
        """Return the first, second, … play that was run."""
        return (self._folder / f"play.{number}").read_text()

    def argv(self, number: int) -> list[str]:
        """Return the command line of a play, without the play itself."""
        return (self._folder / f"argv.{number}").read_text().splitlines()[:-1]

    @property
    def asked(self) -> int:
        """Return the number of plays."""
        return int((self._folder / "count").read_text())


def printed(document: object, status: int = 0, err: str = "") -> dict[str, Any]:
    """Return the result of a csrtui call that printed a JSON document."""
    result = {"rc": status, "stdout": json.dumps(document), "stderr": err, "changed": False}
    return result | ({"ended": "failed", "msg": "non-zero return code"} if status else {})


def said(error: str, status: int, hint: str = "") -> dict[str, Any]:
    """Return the result of a csrtui call that failed."""
    err = f"csrtui: error: {error}\n" + (f"hint: {hint}\n" if hint else "")
    return {"rc": status, "stdout": "", "stderr": err, "ended": "failed", "msg": "non-zero return code"}
