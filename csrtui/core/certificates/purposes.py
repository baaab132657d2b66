"""The key usages and extended key usages that a CSR requests for each purpose, and the purpose of an existing CSR."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from csrtui.core.base.finding import Purpose
from csrtui.core.keys.key_types import KeyType

if TYPE_CHECKING:
    from cryptography import x509

SERVER_AUTHENTICATION: Final = "1.3.6.1.5.5.7.3.1"
"""The purpose that the certificate of a TLS server must have (RFC 5280, 4.2.1.12)."""
CLIENT_AUTHENTICATION: Final = "1.3.6.1.5.5.7.3.2"
CODE_SIGNING: Final = "1.3.6.1.5.5.7.3.3"
EMAIL_PROTECTION: Final = "1.3.6.1.5.5.7.3.4"
ANY_PURPOSE: Final = "2.5.29.37.0"

EXTENDED_KEY_USAGES: Final = {
    Purpose.SERVER: (SERVER_AUTHENTICATION,),
    Purpose.CLIENT: (CLIENT_AUTHENTICATION,),
    Purpose.SERVER_CLIENT: (SERVER_AUTHENTICATION, CLIENT_AUTHENTICATION),
    Purpose.EMAIL: (EMAIL_PROTECTION,),
    Purpose.CODE_SIGNING: (CODE_SIGNING,),
}
"""The OIDs of the extended key usages of each purpose."""
_LABELS: Final = {
    Purpose.SERVER: "TLS servers",
    Purpose.CLIENT: "TLS clients",
    Purpose.SERVER_CLIENT: "TLS servers and clients",
    Purpose.EMAIL: "e-mail (S/MIME)",
    Purpose.CODE_SIGNING: "code signing",
}
_RSA: Final = frozenset({KeyType.RSA_2048, KeyType.RSA_3072, KeyType.RSA_4096})
_EC: Final = frozenset({KeyType.EC_P256, KeyType.EC_P384, KeyType.EC_P521})


def purpose_label(purpose: Purpose) -> str:
    """Return a purpose in words, in the plural: ``TLS servers``."""
    return _LABELS[purpose]


def extensions_for(purpose: Purpose, key_type: KeyType) -> "x509.Extensions":
    """Return the extensions that a CSR requests for a purpose: key usage, then extended key usage.

    Every key signs. RSA keys of servers and mail users also transport keys (RFC 8446 no longer uses this, TLS 1.2
    does), and EC keys of mail users agree on keys (RFC 8551, RFC 5753).
    """
    from cryptography import x509

    is_email = purpose is Purpose.EMAIL
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=key_type in _RSA and (is_email or purpose.is_for_servers),
        data_encipherment=False,
        key_agreement=key_type in _EC and is_email,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    extended_usage = x509.ExtendedKeyUsage(map(x509.ObjectIdentifier, EXTENDED_KEY_USAGES[purpose]))
    # RFC 5280 4.2.1.3 asks for a critical key usage.
    return x509.Extensions(
        [
            x509.Extension(usage.oid, critical=True, value=usage),
            x509.Extension(extended_usage.oid, critical=False, value=extended_usage),
        ]
    )


def purpose_of(oids: Collection[str]) -> Purpose:
    """Return the first purpose whose extended key usages are all among these, or `Purpose.SERVER` if there is none."""
    order = (Purpose.SERVER_CLIENT, *Purpose)
    return next(
        (purpose for purpose in order if set(EXTENDED_KEY_USAGES[purpose]) <= set(oids)), Purpose.SERVER
    )


def has_must_staple(extensions: "x509.Extensions") -> bool:
    """Return whether the extensions contain the TLS feature status_request (RFC 7633), known as must-staple."""
    from cryptography import x509

    values = (extension.value for extension in extensions)
    return any(
        isinstance(value, x509.TLSFeature) and x509.TLSFeatureType.status_request in value for value in values
    )
