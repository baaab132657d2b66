"""Compare a backup with the key or CSR given with ``--expect``."""

import re
from typing import NamedTuple

from csrtui.core import bundle
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.certificates.csr import Request

_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{64}|(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}")
_USAGE = "give 64 hexadecimal digits (SHA-256 of the SPKI), or a file with the CSR or a certificate"


class Expectation(NamedTuple):
    """The expected key and, if known, the expected CSR.

    Attributes:
        spki_sha256: The SPKI fingerprint, 64 lower-case hex digits.
        request_sha256: SHA-256 of the CSR in DER, 64 hex digits, or None to accept any CSR for the key.
    """

    spki_sha256: str
    request_sha256: str | None = None

    def check(self, csr: Request) -> None:
        """Check that a CSR is the expected one. Its own signature must be valid.

        Raises:
            RefusedError: The key or the CSR is a different one.
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
    """Return the expectation for an SPKI SHA-256 in hex, with or without colons, or None if `text` is anything else."""
    return Expectation(text.replace(":", "").lower()) if _FINGERPRINT.fullmatch(text) else None


def read_expectation(data: bytes) -> Expectation:
    """Return the expectation for the first CSR in a file or, without a CSR, for the key of the first certificate.

    Args:
        data: PEM, with any text around it, or DER.

    Raises:
        InputError: The file contains neither a CSR nor a certificate, or the first one cannot be read.
    """
    material = bundle.read(data, open_keys=False)
    if material.requests:
        csr = material.requests[0]
        return Expectation(csr.spki_sha256, csr.sha256)
    if not material.certificates:
        if material.has_private_key:
            raise InputError("that is a private key, which is not needed for the comparison", _USAGE)
        message = (
            material.problems[0].text if material.problems else "it contains neither a CSR nor a certificate"
        )
        raise InputError(message, _USAGE)
    spki_sha256 = material.certificates[0].spki_sha256
    if spki_sha256 is None:
        raise InputError("the key type of the certificate is not supported", _USAGE)
    return Expectation(spki_sha256)
