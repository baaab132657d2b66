"""Rules about new keys, and about keys and CSRs that already exist (adopted, restored or reused).

A key that csrtui generated is never weak, but an existing key can have any weakness.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from csrtui.core.advice.rule import PRIVATE_CA_FIX, Hit, Rule, evaluate
from csrtui.core.base.escaping import excerpts
from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Level, worst_first
from csrtui.core.certificates.csr import OLD_HASHES, Request
from csrtui.core.certificates.extensions import OTHER_NAME_PREFIXES, UNREQUESTED_NAME_PREFIXES
from csrtui.core.keys import key_types, quality
from csrtui.core.keys.key_types import KeyType
from csrtui.core.names.host_name import read_address
from csrtui.core.names.name import read_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from csrtui.core.keys.key_types import PrivateKey, PublicKey

_Case = TypeVar("_Case")

_MIN_RSA_BITS = 2048
"""The shortest RSA modulus that public CAs accept (BR 6.1.5)."""
_MAX_KEY_AGE = timedelta(days=398)
"""The age from which a key counts as old: the maximum validity of public certificates before 2026-03-15 (BR 6.3.2)."""
_OCTET = 8

NO_ALTERNATIVE_NAMES = "no-alternative-names"
"""The code of the finding on a CSR that names its host only in the common name."""


def check_public_key(public_key: "PublicKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings on an existing public key, most severe first, or an empty tuple for a good key.

    An RSA 4096 key takes 15 ms. The first RSA key in a process takes 25 ms more.
    """
    return tuple(worst_first(_public_key_findings(QUALITY_RULES, public_key, ca)))


def check_proved_key(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings on a proved private key and its public key, most severe first.

    A key is proved if its numbers are consistent (RFC 8017, 3.2) and it has made a valid signature. An RSA key takes
    only 1 ms, because its primes are known: if both are large, the modulus has no small factors.
    """
    rules = QUALITY_RULES
    if quality.has_large_primes(key):
        rules = tuple(rule for rule in rules if rule.check is not _small_factor)
    return tuple(
        worst_first([*_public_key_findings(rules, key.public_key(), ca), *check_private_key(key, ca)])
    )


def check_private_key(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings that only the private key reveals."""
    return _findings(PRIVATE_KEY_RULES, key, ca, key_types.name_of(key.public_key()))


def compromised_key_findings(public_key: "PublicKey", blocklist: str, ca: CaKind) -> tuple[Finding, ...]:
    """Return the finding for a key on a list of compromised keys. The name of the list must be safe to display."""
    return _findings((_BLOCKLIST_RULE,), blocklist, ca, key_types.name_of(public_key))


def check_csr(csr: Request, ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings on an existing CSR, except those on its key (`check_public_key`).

    `csrtui.core.advice.advisor.advise` checks its host names and addresses.
    """
    return (
        *_findings(CSR_RULES, csr, ca, csr.signature_hash or ""),
        *evaluate(CSR_NAME_RULES, csr, ca, FieldName.NAMES, ""),
    )


def check_key_age(created: datetime, now: datetime, ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings on the age of a key that will be reused.

    `created` is the earliest time at which the key is known to have existed.
    """
    return _findings(AGE_RULES, now - created, ca, str((now - created).days))


def _public_key_findings(
    rules: "Iterable[Rule[PublicKey]]", public_key: "PublicKey", ca: CaKind
) -> tuple[Finding, ...]:
    key_type, name = key_types.type_of(public_key), key_types.name_of(public_key)
    type_findings = () if key_type is None else _findings(KEY_RULES, key_type, ca, name)
    return (*type_findings, *_findings(rules, public_key, ca, name))


def _findings(rules: "Iterable[Rule[_Case]]", case: _Case, ca: CaKind, value: str) -> tuple[Finding, ...]:
    return tuple(evaluate(rules, case, ca, FieldName.KEY, value))


def _key_not_public(key_type: KeyType) -> Hit | None:
    return None if key_type.public_ca else Hit({"key": key_type.label}, PRIVATE_CA_FIX)


def _key_slow(key_type: KeyType) -> Hit | None:
    return Hit({"key": key_type.label}) if key_type is KeyType.RSA_4096 else None


def _too_short(key: "PublicKey") -> Hit | None:
    bits = _modulus(key).bit_length()
    return Hit({"bits": bits}) if 0 < bits < _MIN_RSA_BITS else None


def _uneven(key: "PublicKey") -> Hit | None:
    bits = _modulus(key).bit_length()
    return Hit({"bits": bits}) if bits % _OCTET else None


def _unusual_exponent(key: "PublicKey") -> Hit | None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    if not isinstance(key, rsa.RSAPublicKey):
        return None
    exponent = key.public_numbers().e
    return None if exponent == key_types.RSA_PUBLIC_EXPONENT else Hit({"exponent": _shorten(exponent)})


def _close_primes(key: "PublicKey") -> Hit | None:
    modulus = _modulus(key)
    return Hit({"key": key_types.label_of(key)}) if modulus and quality.has_close_primes(modulus) else None


def _roca(key: "PublicKey") -> Hit | None:
    modulus = _modulus(key)
    return Hit({"key": key_types.label_of(key)}) if modulus and quality.is_roca(modulus) else None


def _small_factor(key: "PublicKey") -> Hit | None:
    modulus = _modulus(key)
    factor = quality.small_factor(modulus) if modulus else None
    return Hit({"key": key_types.label_of(key), "factor": factor}) if factor else None


def _published(key: "PublicKey") -> Hit | None:
    source = quality.SOURCES.get(key_types.spki_sha256(key))
    return Hit({"source": source}) if source else None


def _small_scalar(key: "PrivateKey") -> Hit | None:
    bits = quality.small_scalar_bits(key)
    return Hit({"key": key_types.label_of(key.public_key()), "bits": bits}) if bits else None


def _rare_type(key: "PublicKey") -> Hit | None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    is_common = isinstance(key, rsa.RSAPublicKey) or key_types.type_of(key) is not None
    return None if is_common else Hit({"key": key_types.label_of(key)})


def _old_hash(csr: Request) -> Hit | None:
    name = csr.signature_hash
    return Hit({"hash": _HASH_LABELS.get(name, name.upper())}) if name in OLD_HASHES and name else None


def _must_staple(csr: Request) -> Hit | None:
    fix = Fix("a new CSR without it: csrtui renew PAIR --drop-must-staple", drops_must_staple=True)
    return Hit(fix=fix) if csr.must_staple else None


def _no_alternative_names(csr: Request) -> Hit | None:
    host = read_name(csr.subject.common_name or "")
    is_for_servers = csr.purpose.is_for_servers and host.is_host and host.text is not None
    return Hit() if is_for_servers and not csr.names else None


def _not_hosts(csr: Request) -> Hit | None:
    return _names_hit([name for name in csr.names if name.startswith(OTHER_NAME_PREFIXES)], PRIVATE_CA_FIX)


def _not_requested(csr: Request) -> Hit | None:
    return _names_hit([name for name in csr.names if name.startswith(UNREQUESTED_NAME_PREFIXES)])


def _networks(csr: Request) -> Hit | None:
    return _names_hit([name for name in csr.names if "/" in name and read_address(name.partition("/")[0])])


def _names_hit(names: "Sequence[str]", fix: Fix | None = None) -> Hit | None:
    return Hit({"names": excerpts(names)}, fix) if names else None


def _empty_name(csr: Request) -> Hit | None:
    return Hit() if "" in csr.names else None


def _old_key(age: timedelta) -> Hit | None:
    return Hit({"days": age.days}) if age > _MAX_KEY_AGE else None


def _modulus(key: "PublicKey") -> int:
    """Return the modulus of an RSA key, or 0 for any other key type."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return key.public_numbers().n if isinstance(key, rsa.RSAPublicKey) else 0


def _shorten(number: int) -> str:
    """Return a number for a sentence, or its size in bits if it is large. An exponent can have thousands of digits."""
    bits = number.bit_length()
    return str(number) if bits <= 64 else f"of {bits} bits"  # noqa: PLR2004 - up to 20 digits are readable


_HASH_LABELS = {"sha1": "SHA-1", "md5": "MD5"}

KEY_RULES: tuple[Rule[KeyType], ...] = (
    Rule(
        "key-not-public", Level.ERROR, Level.NOTE,
        "{key} is not accepted by public CAs.", _key_not_public, "BR 6.1.1.3, 6.1.5",
        private_text="{key} is not supported by browsers; fine for your own clients.",
    ),
    Rule(
        "key-slow", Level.NOTE, Level.NOTE,
        "{key} slows every handshake for little gain: use RSA 3072 or EC P-256.",
        _key_slow, "NIST SP 800-57 part 1, table 2",
    ),
)  # fmt: skip
"""Rules for the type of a key."""


def _weak(
    text: str, check: "Callable[[_Case], Hit | None]", source: str, private_text: str | None = None
) -> "Rule[_Case]":
    """Return a rule for weak keys: an error for a public CA, a warning for a private CA."""
    return Rule("key-weak", Level.ERROR, Level.WARNING, text, check, source, private_text)


QUALITY_RULES: tuple[Rule["PublicKey"], ...] = (
    _weak(
        "RSA {bits} is too short: public CAs require at least 2048 bits, because a shorter key can be broken.",
        _too_short, "BR 6.1.5",
        private_text="RSA {bits} is too short: it can be broken, and current clients reject it.",
    ),
    _weak(
        "RSA {bits}: the number of bits is not divisible by 8, so public CAs reject the key.",
        _uneven, "BR 6.1.5",
        private_text="RSA {bits}: the number of bits is not divisible by 8, which some software cannot handle.",
    ),
    _weak(
        "The key's public exponent is {exponent}, not 65537: public CAs reject the key.",
        _unusual_exponent, "BR 6.1.6, FIPS 186-5 A.1.1",
        private_text=(
            "The key's public exponent is {exponent}, not 65537: with a small exponent, faulty software accepts forged signatures."
        ),
    ),
    _weak(
        "The primes of this {key} key are too close together: anyone can compute the private key from the certificate.",
        _close_primes, "BR 6.1.1.3 (5), CVE-2022-26320",
    ),
    _weak(
        "This {key} key comes from a faulty generator (ROCA): anyone can compute the private key from the certificate.",
        _roca, "BR 6.1.1.3 (5), CVE-2017-15361",
    ),
    _weak(
        "The modulus of this {key} key has the factor {factor}: anyone can compute the private key.",
        _small_factor, "BR 6.1.6, SP 800-89 5.3.3",
    ),
    _weak(
        "This private key has been published ({source}): anyone can use it.",
        _published, "BR 6.1.1.3 (4)",
    ),
    _weak(
        "{key}: public CAs accept only RSA and the curves P-256, P-384 and P-521.",
        _rare_type, "BR 6.1.5",
        private_text="{key} is supported by few clients; the curves P-256, P-384 and P-521 work everywhere.",
    ),
)  # fmt: skip
"""Rules for an existing public key."""

PRIVATE_KEY_RULES: tuple[Rule["PrivateKey"], ...] = (
    _weak(
        "The private number of this {key} key has only {bits} bits: it can be computed from the certificate.",
        _small_scalar, "BR 6.1.1.3 (3)",
    ),
)  # fmt: skip
"""Rules for an existing private key."""

_BLOCKLIST_RULE: Rule[str] = _weak(
    "This private key is known to others: badkeys lists it as compromised ({blocklist}).",
    lambda blocklist: Hit({"blocklist": blocklist}), "BR 6.1.1.3 (4), CVE-2008-0166",
)  # fmt: skip
"""The rule for a key on a list of compromised keys. Its argument is the name of the list."""

CSR_RULES: tuple[Rule[Request], ...] = (
    Rule(
        "old-hash", Level.ERROR, Level.WARNING,
        "The CSR is signed with {hash}, which is obsolete: public CAs reject it.",
        _old_hash, "BR 7.1.3.2",
        private_text="The CSR is signed with {hash}, which is obsolete and proves nothing: many CAs reject it.",
    ),
    Rule(
        "must-staple", Level.WARNING, Level.WARNING,
        "The CSR requests must-staple: CAs without OCSP reject such an order.",
        _must_staple, "RFC 7633, Let's Encrypt since 2025-05-07",
    ),
    Rule(
        NO_ALTERNATIVE_NAMES, Level.WARNING, Level.WARNING,
        "The CSR has no subject alternative names: browsers ignore the common name, so the CA must add the names.",
        _no_alternative_names, "RFC 9525 2",
    ),
)  # fmt: skip
"""Rules for an existing CSR."""

CSR_NAME_RULES: tuple[Rule[Request], ...] = (
    Rule(
        "not-a-hostname", Level.ERROR, None,
        "{names}: public CAs certify only host names and addresses for servers.",
        _not_hosts, "BR 7.1.2.7.12",
    ),
    Rule(
        "not-a-hostname", None, Level.NOTE,
        "{names}: csrtui does not request this kind of name, so a new CSR will not contain it.",
        _not_requested, "RFC 5280 4.2.1.6",
    ),
    Rule(
        "address-invalid", Level.ERROR, Level.ERROR,
        "{names}: a network is not a valid name. List the single addresses instead.",
        _networks, "RFC 5280 4.2.1.6",
    ),
    Rule("empty-label", Level.ERROR, Level.ERROR, "A DNS name is empty.", _empty_name, "RFC 1034 3.5"),
)  # fmt: skip
"""Rules for names in an existing CSR that the form would not accept."""

AGE_RULES: tuple[Rule[timedelta], ...] = (
    Rule(
        "key-old", Level.WARNING, Level.NOTE,
        "The key is {days} days old. The longer a key is used, the more a stolen copy is worth; a new pair costs nothing.",
        _old_key, "BR 6.3.2",
    ),
)  # fmt: skip
"""Rules for the age of a key."""
