"""What is said of keys that can be adopted, in the same words on the screens and on the command line."""

from collections.abc import Iterator

from csrtui.core.base.escaping import visible
from csrtui.core.base.times import utc_text
from csrtui.tasks.adopt.candidate import Candidate


def facts(candidate: Candidate) -> list[tuple[str, str]]:
    """Return the parts of a candidate: a label and a text each, safe to show."""
    protection = ", under a passphrase" if candidate.passphrase is not None else ""
    lines = [("key", f"{visible(candidate.file.path)}  {candidate.key_label}{protection}")]
    without = "none: one can be made from the certificate" if candidate.allows_request else "none"
    lines.append(("CSR", visible(candidate.asked_file) if candidate.asked_file is not None else without))
    if candidate.certificate is not None:
        expires = utc_text(candidate.certificate.validity.not_after)
        lines.append(("certificate", f"{visible(candidate.certificate_file or '')}  expires {expires}"))
    return lines


def candidate_lines(candidate: Candidate) -> Iterator[str]:
    """Yield the lines for one candidate: its title and names, then its facts."""
    names = [visible(name) for name in candidate.names]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004 - as many as a line holds
    yield f"{candidate.title}  {', '.join(names[:3])}{more}".rstrip()
    for label, text in facts(candidate):
        yield f"  {label:<11}  {text}"
    for finding in candidate.findings:
        yield f"  {finding.level.value}: {finding.text}"
