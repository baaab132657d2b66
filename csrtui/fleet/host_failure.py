"""Why a host did not do what it was asked to: the diagnosis and the remedy for each reason, made here.

Nothing that a host sent is ever a remedy: whoever controls a host could have a command run on this machine.
"""

from csrtui.core.base.escaping import command
from csrtui.fleet.host_limits import MAX_BYTES, MAX_PAIRS, quoted
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
