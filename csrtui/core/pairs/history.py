"""The history of a pair, and facts that only the texts of its events contain."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple


class HistoryEntry(NamedTuple):
    """An event in the history of a pair, with the local user who caused it."""

    time: datetime
    text: str
    user: str


SAME_KEY: Final = ", with the same key"
"""The end of the event text for a pair that has the key of the pair that it renews."""
NEW_CSR_SUFFIX: Final = "a new CSR made for it"
"""The end of the event text for an adoption that made a CSR from the certificate."""
MARKED_INSTALLED: Final = "marked as installed"
"""The event text for a certificate that the user installed without csrtui."""
FILES_PUT_BACK: Final = "previous files put back: "
"""The beginning of the event text for an export that was undone."""
_SUBMITTED = "submitted to "
_CERTIFICATES = ("certificate imported, ", "certificate adopted, ", "certificate restored, ")
_CHAIN = "certificate chain replaced"
_ISSUER_MISSING = "; the chain is not checkable: the issuer certificate, "
_INSTALLATIONS = (MARKED_INSTALLED, "installed files written: ", "installed files replaced: ")


def was_issued_for_request(history: Iterable[HistoryEntry]) -> bool:
    """Return whether a pair's certificate was issued for its CSR. It was not if an adoption made the CSR later."""
    is_csr_newer = False
    for event in history:
        if event.text.startswith("key adopted from ") and event.text.endswith(NEW_CSR_SUFFIX):
            is_csr_newer = True
        elif event.text.startswith("certificate imported"):
            is_csr_newer = False
    return not is_csr_newer


def ca_names(history: Iterable[HistoryEntry]) -> tuple[str, ...]:
    """Return the last recipient of a pair's CSR, with the user's note, and the issuer of its newest certificate."""
    recipient = issuer = ""
    for event in history:
        if event.text.startswith(_SUBMITTED):
            recipient = event.text.removeprefix(_SUBMITTED)
        elif event.text.startswith(_CERTIFICATES):
            issuer = event.text.partition(", from ")[2].rpartition("; ")[0]
    return tuple(filter(None, (recipient, issuer)))


def lacks_issuer(history: Iterable[HistoryEntry]) -> bool:
    """Return whether the chain of a pair's certificate was incomplete when it was last imported, adopted or restored."""
    is_incomplete = False
    for event in history:
        if event.text.startswith((*_CERTIFICATES, _CHAIN)):
            is_incomplete = _ISSUER_MISSING in event.text
    return is_incomplete


def was_installed(history: Iterable[HistoryEntry]) -> bool:
    """Return whether a certificate of the pair was installed and the previous files were not put back later."""
    is_installed = False
    for event in history:
        if event.text.startswith(_INSTALLATIONS):
            is_installed = True
        elif event.text.startswith(FILES_PUT_BACK):
            is_installed = False
    return is_installed
