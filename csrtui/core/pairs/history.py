"""What the history of a pair says about its CSR."""

from csrtui.core.pairs.pair import PairRecord

NEW_CSR = "a new CSR made for it"
"""How the event of an adoption ends that made a CSR from the certificate."""


def was_issued_for_request(record: PairRecord) -> bool:
    """Return whether the CA that issued the certificate of a pair saw its CSR; not if that was made at adoption.

    Args:
        record: Of a pair that has a certificate.
    """
    was_made = False
    for event in record.history:
        if event.what.startswith("key adopted from ") and event.what.endswith(NEW_CSR):
            was_made = True
        elif event.what.startswith("certificate imported"):
            was_made = False
    return not was_made
