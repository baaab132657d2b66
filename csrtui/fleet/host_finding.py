"""Findings and failures of other hosts: their texts are quoted, and each remedy is made here, from its code."""

from collections.abc import Mapping
from dataclasses import dataclass

from csrtui.core.base.escaping import command
from csrtui.core.base.finding import Level
from csrtui.core.doctor.finding_codes import Code
from csrtui.core.doctor.remedy import Remedy, instruction
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.fleet.host_limits import MAX_BYTES, MAX_PAIRS, cut, quoted
from csrtui.fleet.model import Failure, Reason

ROLE = "set csrtui up there with the role csrtui.csrtui.csrtui"
_TEXTS = {
    Reason.UNREACHABLE: "the host cannot be reached",
    Reason.MISSING: "there is no csrtui on this host",
    Reason.SCHEMA: "csrtui there is of another release",
    Reason.TIMEOUT: "it did not answer in time",
    Reason.REFUSED: "csrtui there refused",
    Reason.INPUT: "csrtui there did not accept the input",
    Reason.STORE: "the keystore there cannot be used",
    Reason.UNEXPECTED: "csrtui there failed",
    Reason.TOO_LARGE: f"its answer has more than {MAX_BYTES // 1024 // 1024} MiB or {MAX_PAIRS} pairs",
    Reason.MISMATCH: "its answer is not what was listed",
}
_REMEDIES = {
    Reason.UNREACHABLE: "check that it runs and that ssh reaches it: {ping}",
    Reason.MISSING: ROLE,
    Reason.SCHEMA: f"have the same release on both: {ROLE}",
    Reason.TIMEOUT: "look at its load and disk; or raise --timeout; what was done is kept, and running again does the rest",
    Reason.TOO_LARGE: "check what csrtui list --json prints on {host}; a larger keystore must be split (csrtui_store)",
    Reason.MISMATCH: "do not use its CSRs until it is clear who changed them: compare with csrtui show on {host} itself",
}
_OTHER_REMEDY = "run csrtui doctor on {host}"


def failure(host: str, reason: Reason, text: str = "", *, quote: str = "", speaker: str = "") -> Failure:
    """Return a failure with the remedy for its reason.

    Args:
        host: The host's name in the inventory.
        reason: Why it failed.
        text: The diagnosis; by default the one for `reason`.
        quote: Text that the host sent; it is cut, and shown as a quotation.
        speaker: Who says `quote`, where that is not the host.
    """
    text = text or _TEXTS[reason]
    if quote.strip():
        text = f"{text}; {quoted(speaker or host, quote)}"
    return Failure(reason, text, remedy(host, reason))


def remedy(host: str, reason: Reason) -> str:
    """Return what to do about a reason on a host."""
    return _REMEDIES.get(reason, _OTHER_REMEDY).format(host=host, ping=command("ansible", host, "-m", "ping"))


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
