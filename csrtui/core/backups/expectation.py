"""Which key, or which CSR, somebody expects in a backup: what ``--expect`` names."""

import re
from typing import NamedTuple

from csrtui.core import bundle
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.certificates import csr as request

_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{64}|(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}")
_TO_GIVE = "give 64 hexadecimal digits (SHA-256 of the SPKI), or a file with the CSR or a certificate"


class Expectation(NamedTuple):
    """The key that is expected, and the CSR, if that is known.

    Attributes:
        spki_sha256: The SPKI fingerprint, 64 lower-case hex digits.
        request_sha256: SHA-256 of the DER of the CSR, 64 hex digits, or None where any CSR of the key will do.
    """

    spki_sha256: str
    request_sha256: str | None = None

    def judge(self, csr: request.Request) -> None:
        """Compare with a CSR whose own signature is checked.

        Raises:
            RefusedError: It has another key, or is another CSR.
        """
        if csr.spki_sha256 != self.spki_sha256:
            raise RefusedError(
                f"the key in the backup is not the expected one: its SPKI SHA-256 is {csr.spki_sha256}",
                "do not use this backup; use another copy",
            )
        if self.request_sha256 not in {None, csr.sha256}:
            raise RefusedError(
                "the certificate request in the backup is not the expected one, although its key is",
                "do not use this backup; use another copy",
            )


def read_fingerprint(text: str) -> Expectation | None:
    """Return the expectation of a key by its SPKI SHA-256 in hex, with or without colons; None if `text` is not one."""
    return Expectation(text.replace(":", "").lower()) if _FINGERPRINT.fullmatch(text) else None


def read_expectation(data: bytes) -> Expectation:
    """Return the expectation of the first CSR or certificate in a file: of a certificate, its key.

    Args:
        data: PEM with anything around it, or DER.

    Raises:
        InputError: There is no CSR and no certificate in it, or it cannot be read.
    """
    material = bundle.read(data, open_keys=False)
    if material.requests:
        csr = material.requests[0]
        return Expectation(csr.spki_sha256, csr.sha256)
    if not material.certificates:
        if material.has_private_key:
            raise InputError("that is a private key: it stays where it is", _TO_GIVE)
        text = material.problems[0].text if material.problems else "there is no CSR and no certificate in it"
        raise InputError(text, _TO_GIVE)
    spki_sha256 = material.certificates[0].spki_sha256
    if spki_sha256 is None:
        raise InputError("the key of the certificate is of a type that is not known here", _TO_GIVE)
    return Expectation(spki_sha256)
