"""The only reader for files with keys, CSRs and certificates, in any format.

    material = bundle.read(data, passphrase)
    material.keys           private keys, decrypted
    material.requests       CSRs
    material.certificates   certificates
    material.problems       items that cannot be read, with the reason

`read` accepts PEM in any text (mail, HTML, JSON, YAML, XML, word processors), base64 without BEGIN and END lines, DER,
BER, PKCS #7, PKCS #8, PKCS #12, PKCS #1, SEC 1, RFC 1421 encryption and OpenSSH's format. It recognizes a block by its
structure, not by its label. An item that cannot be read becomes a problem and does not hide the other items.

`read` never raises an error, whatever the bytes are, and its work is bounded. It does not check keys for weaknesses
(`csrtui.core.advice.key_rules.check_public_key`), and it does not check the signatures of CSRs
(`csrtui.core.certificates.csr.has_valid_signature`).
"""

from csrtui.core.bundle.key_material import BundleKey, KeyMaterial, Problem, ProblemKind
from csrtui.core.bundle.keys import BundlePublicKey, read_public_keys
from csrtui.core.bundle.reader import (
    missing_certificate_error,
    read,
    read_certificates,
    refuse_private_key,
    unexpired_leaves,
)

__all__ = [
    "BundleKey",
    "BundlePublicKey",
    "KeyMaterial",
    "Problem",
    "ProblemKind",
    "missing_certificate_error",
    "read",
    "read_certificates",
    "read_public_keys",
    "refuse_private_key",
    "unexpired_leaves",
]
