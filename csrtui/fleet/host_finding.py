"""Findings and failures of other hosts. Texts of hosts are quoted. csrtui itself chooses each remedy by the code."""

from collections.abc import Mapping
from dataclasses import dataclass

from csrtui.core.base.escaping import command
from csrtui.core.base.finding import Level
from csrtui.core.doctor.finding import FindingCode, Remedy, instruction
from csrtui.core.pairs.pair_name import is_pair_name
from csrtui.fleet.answer_limits import MAX_BYTES, MAX_PAIRS, cut, quoted
from csrtui.fleet.model import Failure, Reason

ROLE = "install csrtui on the host with the role csrtui.csrtui.csrtui"
_TEXTS = {
    Reason.UNREACHABLE: "the host cannot be reached",
    Reason.MISSING: "csrtui is not installed on this host",
    Reason.SCHEMA: "csrtui on the host is a different release",
    Reason.TIMEOUT: "it did not answer in time",
    Reason.REFUSED: "csrtui on the host refused",
    Reason.INPUT: "csrtui on the host did not accept the input",
    Reason.STORE: "its keystore cannot be used",
    Reason.UNEXPECTED: "csrtui on the host failed",
    Reason.TOO_LARGE: f"its answer has more than {MAX_BYTES // 1024 // 1024} MiB or {MAX_PAIRS} pairs",
    Reason.MISMATCH: "its answer differs from its list of pairs",
}
_REMEDIES = {
    Reason.UNREACHABLE: "check that it runs and that ssh reaches it: {ping}",
    Reason.MISSING: ROLE,
    Reason.SCHEMA: f"use the same release on both machines: {ROLE}",
    Reason.TIMEOUT: "check its load and disk, or raise --timeout; completed work is kept, "
    "and running again does the rest",
    Reason.TOO_LARGE: "check what csrtui list --json prints on {host}; a larger keystore must be split (csrtui_store)",
    Reason.MISMATCH: "do not use its CSRs until it is clear who changed them: "
    "compare with csrtui show on {host} itself",
}
_DEFAULT_REMEDY = "run csrtui doctor on {host}"

UNKNOWN = "unknown"
"""The code that replaces a finding's code if it is unknown to this version of csrtui."""
_BACKUP = ("csrtui", "backup", "{pair}", "--to", "DIR")
_RENEW = ("csrtui", "renew", "{pair}")
_COMMANDS = {
    FindingCode.BACKUP_NONE: _BACKUP,
    FindingCode.BACKUP_MISSING: _BACKUP,
    FindingCode.BACKUP_DAMAGED: _BACKUP,
    FindingCode.BACKUP_UNVERIFIED: ("csrtui", "verify", "{pair}"),
    FindingCode.BACKUP_UNSIGNED: _BACKUP,
    FindingCode.BACKUP_SAME_DISK: _BACKUP,
    FindingCode.KEY_WEAK: _RENEW,
    FindingCode.CERTIFICATE_EXPIRED: _RENEW,
    FindingCode.CERTIFICATE_MISSING: ("csrtui", "import", "FILE", "--pair", "{pair}"),
    FindingCode.RENEWAL_NOT_NOTED: ("csrtui", "show", "{pair}"),
    FindingCode.RENEWAL_BROKEN: ("csrtui", "show", "{pair}"),
    FindingCode.KEY_NOT_OPENED: ("csrtui", "verify", "{pair}"),
}
"""The command on the host for each finding about a pair."""
_DEFAULT_COMMAND = ("csrtui", "doctor")


def create_failure(
    host: str, reason: Reason, text: str = "", *, quote: str = "", speaker: str = ""
) -> Failure:
    """Return a failure with the remedy for its reason.

    Args:
        host: The name of the host in the inventory.
        reason: The reason.
        text: The diagnosis. The default is the diagnosis for `reason`.
        quote: A text that the host sent. It is shortened and shown as a quotation.
        speaker: The source of `quote` if it is not the host.
    """
    text = text or _TEXTS[reason]
    if quote.strip():
        text = f"{text}; {quoted(speaker or host, quote)}"
    remedy = _REMEDIES.get(reason, _DEFAULT_REMEDY)
    return Failure(reason, text, remedy.format(host=host, ping=command("ansible", host, "-m", "ping")))


@dataclass(frozen=True, slots=True)
class HostFinding:
    """A problem on a host, or a note.

    Attributes:
        host: The name of the host in the inventory.
        level: The severity.
        text: One sentence. A text of the host is quoted with the host's name.
        fix: csrtui's own remedy. It is an instruction, because a command in it is for the host, not for this machine.
        pair: The name of the pair, or None.
        code: The code of the doctor, or `UNKNOWN`; empty if the host did not answer.
        quote: The host's text alone, as one visible line of limited length; empty if `text` is csrtui's own.
        path: The file or folder on the host, as one visible line of limited length; empty if there is none.
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
        """The remedy as a comment for a shell on this machine."""
        return self.fix.pasteable

    def as_json(self) -> dict[str, object]:
        """Return the finding as ``csrtui fleet doctor --json`` prints it."""
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
    """Return a finding that ``csrtui doctor --json`` printed on a host; no part of it is trusted."""
    code, level, pair = (document.get(name) for name in ("code", "level", "pair"))
    known = next((known for known in FindingCode if known.value == code), None)
    name = pair if isinstance(pair, str) and is_pair_name(pair) else None
    words = (
        _COMMANDS.get(known, _DEFAULT_COMMAND) if known is not None and name is not None else _DEFAULT_COMMAND
    )
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
