"""What the doctor of another host found: its texts are quotations, and each remedy is made here from the code."""

from collections.abc import Mapping
from dataclasses import dataclass

from csrtui.core.base.escaping import command
from csrtui.core.base.finding import Level
from csrtui.core.doctor.finding_codes import Code
from csrtui.core.doctor.remedy import Remedy, instruction
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.fleet.host_limits import cut, quoted

UNKNOWN = "unknown"
"""The code of a finding whose code csrtui does not know."""
_BACKUP = ("csrtui", "backup", "{pair}", "--to", "DIR")
_RENEW = ("csrtui", "renew", "{pair}")
_COMMANDS = {
    Code.BACKUP_NONE: _BACKUP,
    Code.BACKUP_MISSING: _BACKUP,
    Code.BACKUP_DAMAGED: _BACKUP,
    Code.BACKUP_UNVERIFIED: ("csrtui", "verify", "{pair}"),
    Code.BACKUP_UNSIGNED: _BACKUP,
    Code.BACKUP_SAME_DISK: _BACKUP,
    Code.KEY_WEAK: _RENEW,
    Code.CERTIFICATE_EXPIRED: _RENEW,
    Code.CERTIFICATE_MISSING: ("csrtui", "import", "FILE", "--pair", "{pair}"),
    Code.RENEWAL_NOT_NOTED: ("csrtui", "show", "{pair}"),
    Code.RENEWAL_BROKEN: ("csrtui", "show", "{pair}"),
    Code.KEY_NOT_OPENED: ("csrtui", "verify", "{pair}"),
}
"""The command on the host for findings about a pair; for all others its doctor shows the command."""
_DOCTOR = ("csrtui", "doctor")


@dataclass(frozen=True, slots=True)
class HostFinding:
    """A problem on a host, or a note.

    Attributes:
        host: Its name, as the inventory has it.
        level: How much it weighs.
        text: One sentence; a text of the host is a quotation that names it.
        fix: What fixes it, made here: an instruction, since a command in it is for that host and not for this machine.
        pair: The pair's name, or None.
        code: The doctor's code, or `UNKNOWN`; empty where the host did not answer.
        quote: The host's text alone, one visible line, cut; empty where `text` is csrtui's own.
        path: The file or folder there, one visible line, cut; empty where there is none.
    """

    host: str
    level: Level
    text: str
    fix: Remedy
    pair: str | None = None
    code: str = ""
    quote: str = ""
    path: str = ""

    @property
    def remedy(self) -> str:
        """The text of the remedy."""
        return self.fix.text

    @property
    def pasteable(self) -> str:
        """The remedy for a shell on this machine: a comment."""
        return self.fix.pasteable

    def as_json(self) -> dict[str, object]:
        """The finding as ``csrtui fleet doctor --json`` prints it."""
        return {
            "host": self.host,
            "code": self.code,
            "level": self.level.value,
            "pair": self.pair,
            "path": self.path or None,
            "text": self.quote,
            "remedy": self.remedy,
            "remedy_kind": self.fix.kind.value,
        }


def read_finding(host: str, document: Mapping[str, object]) -> HostFinding:
    """Return a finding that ``csrtui doctor --json`` printed on a host; nothing in it is trusted."""
    code, level, pair = (document.get(name) for name in ("code", "level", "pair"))
    known = Code(str(code)) if code in tuple(Code) else None
    name = pair if isinstance(pair, str) and is_pair_name(pair) else None
    words = _COMMANDS.get(known, _DOCTOR) if known is not None and name is not None else _DOCTOR
    text = _text(document, "text")
    return HostFinding(
        host,
        Level(str(level)) if level in tuple(Level) else Level.WARNING,
        quoted(host, text),
        instruction(f"on {host}: {command(*(word.format(pair=name) for word in words))}"),
        name,
        known.value if known is not None else UNKNOWN,
        cut(text),
        cut(_text(document, "path")),
    )


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
