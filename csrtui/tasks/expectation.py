"""Reading what ``--expect`` names: a fingerprint, or a file with a CSR or a certificate."""

from csrtui.core.backups.expectation import Expectation, read_expectation, read_fingerprint
from csrtui.core.base.errors import InputError
from csrtui.core.base.escaping import visible
from csrtui.store.files import read_foreign


def expectation_of(text: str) -> Expectation:
    """Return the expectation that `text` names.

    Raises:
        InputError: It is neither a SPKI SHA-256 nor a file with a CSR or a certificate.
    """
    fingerprint = read_fingerprint(text)
    if fingerprint is not None:
        return fingerprint
    data = read_foreign(text)
    try:
        return read_expectation(data)
    except InputError as error:
        raise InputError(f"{visible(text)}: {error.what}", error.hint) from error
