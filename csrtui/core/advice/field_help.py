"""Help for each field: the value that a CA expects, an example, and the usual mistake."""

from csrtui.core.base.finding import CaKind, FieldName, Purpose
from csrtui.core.keys.key_types import KeyType

FIELD_HELP = {
    FieldName.COMMON_NAME: (
        "The exact host that visitors type, e.g. www.mydomain.com. A certificate for mydomain.com "
        "fails at www.mydomain.com unless it covers both."
    ),
    FieldName.NAMES: (
        "All other names, separated by spaces, commas or lines: shop.mydomain.com, *.mydomain.com. "
        "Paste as many as you like."
    ),
    FieldName.ORGANIZATION: (
        "The exact legal name, as registered, e.g. Example Ltd. Not needed for domain-validated certificates."
    ),
    FieldName.ORGANIZATIONAL_UNIT: (
        "A department, such as IT. For a private CA only: public certificates have not contained one since 2022-09-01."
    ),
    FieldName.COUNTRY: (
        "Two letters, where the organization is registered: GB, not UK. Or type the country's name, in "
        "English or its own language."
    ),
    FieldName.STATE: "State or province in full: California, not CA. Leave it empty where there is none.",
    FieldName.LOCALITY: "City or town in full, where the organization is registered: London, not LDN.",
    FieldName.PLATFORM: "The server software that will use the certificate. Selects a suitable key type.",
    FieldName.CA: "",
    FieldName.KEY: "",
    FieldName.PURPOSE: "",
    FieldName.ATTRIBUTES: "",
}
"""Help for each field. For CA, key and purpose, it depends on the value (`CA_HELP`, `KEY_HELP`, `PURPOSE_HELP`)."""

CA_HELP = {
    CaKind.PUBLIC: "Public: trusted by browsers, bound by the CA/Browser Forum rules.",
    CaKind.PRIVATE: "Private: your organization's own CA. Internal names are fine; browsers elsewhere do not trust it.",
}

PURPOSE_HELP = {
    Purpose.SERVER: "Server: for TLS servers. The only purpose for a public CA.",
    Purpose.CLIENT: "Client: identifies a client to servers. Private CA only. The common name can be any text.",
    Purpose.SERVER_CLIENT: "Server and client: for programs that connect to each other. Private CA only.",
    Purpose.EMAIL: "E-mail: signs and decrypts mail (S/MIME). Private CA only. Enter the e-mail address as a name.",
    Purpose.CODE_SIGNING: "Code signing: signs programs. Private CA only. The common name is the publisher's name.",
}

KEY_HELP = {
    KeyType.EC_P256: (
        "EC P-256: small and fast, accepted by every public CA. The best choice unless your server cannot use it."
    ),
    KeyType.EC_P384: "EC P-384: where a policy requires it. Slower than P-256, as widely accepted.",
    KeyType.EC_P521: "EC P-521: few public CAs accept it, and not all browsers. P-256 is the safe choice.",
    KeyType.RSA_2048: "RSA 2048: for old clients and servers without EC support.",
    KeyType.RSA_3072: "RSA 3072: where a policy requires more than 2048 bits.",
    KeyType.RSA_4096: "RSA 4096: slower handshakes, little gain. RSA 2048 or EC P-256 is enough.",
    KeyType.ED25519: "Ed25519: for a private CA and clients that support it. No public CA accepts it.",
    KeyType.ML_DSA_44: "ML-DSA-44: post-quantum, for a private CA and tests. No public CA accepts it.",
    KeyType.ML_DSA_65: "ML-DSA-65: post-quantum, for a private CA and tests. No public CA accepts it.",
    KeyType.ML_DSA_87: "ML-DSA-87: post-quantum, for a private CA and tests. No public CA accepts it.",
}
