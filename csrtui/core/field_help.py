"""What a CA wants in each field, in the words a CA would use: what goes in, an example, the usual mistake."""

from csrtui.core.finding import CaKind, FieldName
from csrtui.core.keys import KeyType

FIELD_HELP = {
    FieldName.COMMON_NAME: (
        "The exact host that visitors type, such as www.mydomain.com. A certificate for mydomain.com "
        "fails at www.mydomain.com unless both are covered."
    ),
    FieldName.NAMES: (
        "Every other host the certificate has to cover, in any separation: shop.mydomain.com, "
        "*.mydomain.com. Paste as many as you like."
    ),
    FieldName.ORGANIZATION: (
        "The exact legal name, as the register has it: Example Ltd, not Example. A domain-validated "
        "certificate does without."
    ),
    FieldName.ORGANIZATIONAL_UNIT: (
        "A department, such as IT. For a private CA only: no public certificate has had one since 2022-09-01."
    ),
    FieldName.COUNTRY: (
        "Two letters, where the organization is registered: GB, not UK. Or type the country's name, in "
        "English or its own language."
    ),
    FieldName.STATE: "State or province in full: California, not CA. Leave it empty where there is none.",
    FieldName.LOCALITY: "City or town in full, where the organization is registered: London, not LDN.",
    FieldName.PLATFORM: "The server software that will use the certificate. It sets the key type that suits it.",
    FieldName.CA: "",
    FieldName.KEY: "",
}
"""Help for each field; of the CA and the key it depends on what is chosen (`CA_HELP`, `KEY_HELP`)."""

CA_HELP = {
    CaKind.PUBLIC: "A CA that browsers trust: the rules of the CA/Browser Forum bind it, and so this request.",
    CaKind.PRIVATE: "The organization's own CA: names inside the network are fine, browsers elsewhere refuse it.",
}

KEY_HELP = {
    KeyType.EC_P256: "EC P-256: small and fast, taken by every public CA. The best choice unless a server says no.",
    KeyType.EC_P384: "EC P-384: where a policy demands it. Slower than P-256, as widely taken.",
    KeyType.EC_P521: "EC P-521: few public CAs and not every browser take it. P-256 is the safe choice.",
    KeyType.RSA_2048: "RSA 2048: for old clients and servers that know no elliptic curves.",
    KeyType.RSA_3072: "RSA 3072: where a policy asks for more than 2048 bits.",
    KeyType.RSA_4096: "RSA 4096: costs every handshake and gains little. RSA 2048 or EC P-256 do as well.",
    KeyType.ED25519: "Ed25519: for a private CA only, and clients that know it. No public CA takes it today.",
    KeyType.ML_DSA_44: "ML-DSA-44: post-quantum, for a private CA and tests. No public CA takes it today.",
    KeyType.ML_DSA_65: "ML-DSA-65: post-quantum, for a private CA and tests. No public CA takes it today.",
    KeyType.ML_DSA_87: "ML-DSA-87: post-quantum, for a private CA and tests. No public CA takes it today.",
}
