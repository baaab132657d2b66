"""Rules about the key of a request: a new one, or one that exists already (adopted, restored or reused).

Keys that csrtui generates are never weak; an existing key can be anything.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from csrtui.core.advice.rule import Hit, Rule, judge
from csrtui.core.base.finding import CaKind, FieldName, Finding, Fix, Level, worst_first
from csrtui.core.certificates.certificate import OLD_HASHES
from csrtui.core.certificates.csr import Request
from csrtui.core.keys import key_types
from csrtui.core.keys import quality as weakness
from csrtui.core.keys.key_types import KeyType
from csrtui.core.keys.quality import published_in

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey, PublicKey


def _key_not_public(key: KeyType) -> Hit | None:
    return (
        None if key.public_ca else Hit({"key": key.label}, Fix("use a private CA instead", ca=CaKind.PRIVATE))
    )


def _key_slow(key: KeyType) -> Hit | None:
    return Hit({"key": key.label}) if key is KeyType.RSA_4096 else None


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
"""Asked about the key type."""


_Case = TypeVar("_Case")

LEAST_RSA_BITS = 2048
"""The shortest RSA modulus that a public CA takes (BR 6.1.5)."""
LONGEST_USE = timedelta(days=398)
"""For how long a key is used without a thought: the longest life that a public certificate ever had under the
rules of today (BR 6.3.2, before 2026-03-15)."""
_OCTET = 8


def key_quality(public_key: "PublicKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings on a public key that exists already, worst first; none for a good key.

    RSA 4096 takes 15 ms, the first RSA key of a process 25 ms more.

    Args:
        public_key: The public key.
        ca: The kind of CA whose rules apply.
    """
    return tuple(worst_first(_public_key_findings(QUALITY_RULES, public_key, ca)))


def proved_key_quality(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings on both halves of a private key that has proved to be whole, worst first.

    An RSA key takes 1 ms, since its primes are known: where both are large, small factors need not be looked for.

    Args:
        key: The private key. Its numbers fit (RFC 8017, 3.2) and it has made a valid signature.
        ca: The kind of CA whose rules apply.
    """
    rules = QUALITY_RULES
    if weakness.has_large_primes(key):
        rules = tuple(rule for rule in rules if rule.find is not _small_factor)
    found = [*_public_key_findings(rules, key.public_key(), ca), *private_key_quality(key, ca)]
    return tuple(worst_first(found))


def private_key_quality(key: "PrivateKey", ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings on a private key that its public key does not show.

    Args:
        key: The private key.
        ca: The kind of CA whose rules apply.
    """
    return tuple(_findings(PRIVATE_KEY_RULES, key, ca, key_types.name_of(key.public_key())))


def compromised_key(public_key: "PublicKey", blocklist: str, ca: CaKind) -> Finding:
    """Return the finding for a key that is on a list of compromised keys.

    Args:
        public_key: The public key.
        blocklist: The name of the list, safe to show.
        ca: The kind of CA whose rules apply.
    """
    hit = Hit({"blocklist": blocklist})
    return _BLOCKLIST_RULE.finding(hit, ca, FieldName.KEY, key_types.name_of(public_key))


def request_quality(request: Request, ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings about an existing CSR, without those about its key (`key_quality`).

    Args:
        request: The CSR.
        ca: Whose rules bind.
    """
    return tuple(_findings(REQUEST_RULES, request, ca, request.signature_hash or ""))


def key_age(created: datetime, now: datetime, ca: CaKind) -> tuple[Finding, ...]:
    """Return the findings about the age of a key that is to be reused.

    Args:
        created: When it was made, or the earliest that is known of it.
        now: The time.
        ca: Whose rules bind.
    """
    return tuple(_findings(AGE_RULES, now - created, ca, str((now - created).days)))


def _public_key_findings(
    rules: "Iterable[Rule[PublicKey]]", public_key: "PublicKey", ca: CaKind
) -> Iterator[Finding]:
    key_type, name = key_types.type_of(public_key), key_types.name_of(public_key)
    if key_type is not None:
        yield from _findings(KEY_RULES, key_type, ca, name)
    yield from _findings(rules, public_key, ca, name)


def _findings(rules: "Iterable[Rule[_Case]]", case: _Case, ca: CaKind, value: str) -> Iterator[Finding]:
    for verdict in judge(rules, case, ca, {}):
        yield verdict.rule.finding(verdict.hit, ca, FieldName.KEY, value)


def _too_short(key: "PublicKey") -> Hit | None:
    bits = _modulus(key).bit_length()
    return Hit({"bits": bits}) if 0 < bits < LEAST_RSA_BITS else None


def _uneven(key: "PublicKey") -> Hit | None:
    bits = _modulus(key).bit_length()
    return Hit({"bits": bits}) if bits % _OCTET else None


def _odd_exponent(key: "PublicKey") -> Hit | None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    if not isinstance(key, rsa.RSAPublicKey):
        return None
    exponent = key.public_numbers().e
    return None if exponent == key_types.RSA_PUBLIC_EXPONENT else Hit({"exponent": _shortened(exponent)})


def _close_primes(key: "PublicKey") -> Hit | None:
    modulus = _modulus(key)
    return Hit({"key": key_types.label_of(key)}) if modulus and weakness.has_close_primes(modulus) else None


def _roca(key: "PublicKey") -> Hit | None:
    modulus = _modulus(key)
    return Hit({"key": key_types.label_of(key)}) if modulus and weakness.is_roca(modulus) else None


def _small_factor(key: "PublicKey") -> Hit | None:
    modulus = _modulus(key)
    factor = weakness.small_factor(modulus) if modulus else None
    return Hit({"key": key_types.label_of(key), "factor": factor}) if factor else None


def _published(key: "PublicKey") -> Hit | None:
    source = published_in(key_types.spki_sha256(key))
    return Hit({"source": source}) if source else None


def _small_scalar(key: "PrivateKey") -> Hit | None:
    bits = weakness.small_scalar_bits(key)
    return Hit({"key": key_types.label_of(key.public_key()), "bits": bits}) if bits else None


def _rare_kind(key: "PublicKey") -> Hit | None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    known = isinstance(key, rsa.RSAPublicKey) or key_types.type_of(key) is not None
    return None if known else Hit({"key": key_types.label_of(key)})


def _old_hash(request: Request) -> Hit | None:
    name = request.signature_hash
    return Hit({"hash": _HASH_LABELS.get(name, name.upper())}) if name in OLD_HASHES and name else None


def _old_key(age: timedelta) -> Hit | None:
    return Hit({"days": age.days}) if age > LONGEST_USE else None


def _modulus(key: "PublicKey") -> int:
    """The modulus of an RSA key, 0 for a key of another kind."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return key.public_numbers().n if isinstance(key, rsa.RSAPublicKey) else 0


def _shortened(number: int) -> str:
    """A number for a sentence; an exponent may have thousands of digits."""
    bits = number.bit_length()
    return str(number) if bits <= 64 else f"of {bits} bits"  # noqa: PLR2004 - up to 20 digits are read


_HASH_LABELS = {"sha1": "SHA-1", "md5": "MD5"}

QUALITY_RULES: tuple[Rule["PublicKey"], ...] = (
    Rule(
        "key-weak", Level.ERROR, Level.WARNING,
        "RSA {bits} is too short: public CAs require at least 2048 bits, because a shorter key can be broken.",
        _too_short, "BR 6.1.5",
        private_text="RSA {bits} is too short: it can be broken, and current clients reject it.",
    ),
    Rule(
        "key-weak", Level.ERROR, Level.WARNING,
        "RSA {bits}: the number of bits is not divisible by 8, so public CAs reject the key.",
        _uneven, "BR 6.1.5",
        private_text="RSA {bits}: the number of bits is not divisible by 8, which some software cannot handle.",
    ),
    Rule(
        "key-weak", Level.ERROR, Level.WARNING,
        "The key's public exponent is {exponent}, not 65537: public CAs reject the key.",
        _odd_exponent, "BR 6.1.6, FIPS 186-5 A.1.1",
        private_text="The key's public exponent is {exponent}, not 65537: with a small one, faulty software is easily fooled.",
    ),
    Rule(
        "key-weak", Level.ERROR, Level.WARNING,
        "The primes of this {key} key are so close together that anyone can compute the private key from the certificate.",
        _close_primes, "BR 6.1.1.3 (5), CVE-2022-26320",
    ),
    Rule(
        "key-weak", Level.ERROR, Level.WARNING,
        "This {key} key comes from a faulty generator (ROCA): anyone can compute the private key from the certificate.",
        _roca, "BR 6.1.1.3 (5), CVE-2017-15361",
    ),
    Rule(
        "key-weak", Level.ERROR, Level.WARNING,
        "The modulus of this {key} key is divisible by {factor}: anyone can compute the private key from the certificate.",
        _small_factor, "BR 6.1.6, SP 800-89 5.3.3",
    ),
    Rule(
        "key-weak", Level.ERROR, Level.WARNING,
        "This private key is published ({source}): anyone can use it.",
        _published, "BR 6.1.1.3 (4)",
    ),
    Rule(
        "key-weak", Level.ERROR, Level.WARNING,
        "{key}: public CAs accept only RSA and the curves P-256, P-384 and P-521.",
        _rare_kind, "BR 6.1.5",
        private_text="{key} is supported by few clients; the curves P-256, P-384 and P-521 work everywhere.",
    ),
)  # fmt: skip
"""Asked about a public key."""

PRIVATE_KEY_RULES: tuple[Rule["PrivateKey"], ...] = (
    Rule(
        "key-weak", Level.ERROR, Level.WARNING,
        "The private number of this {key} key has only {bits} bits: it can be computed from the certificate.",
        _small_scalar, "BR 6.1.1.3 (3)",
    ),
)  # fmt: skip
"""Asked about a private key."""

_BLOCKLIST_RULE: Rule["PublicKey"] = Rule(
    "key-weak", Level.ERROR, Level.WARNING,
    "This private key is known to others: badkeys lists it as compromised ({blocklist}).",
    lambda _: None, "BR 6.1.1.3 (4), CVE-2008-0166",
)  # fmt: skip
"""Made into a finding by `compromised_key`: the list is a file, which rules do not read."""

REQUEST_RULES: tuple[Rule[Request], ...] = (
    Rule(
        "old-hash", Level.ERROR, Level.WARNING,
        "The CSR is signed with {hash}, which is too old: public CAs reject it.",
        _old_hash, "BR 7.1.3.2",
        private_text="The CSR is signed with {hash}, which is too old to prove anything: many CAs reject it.",
    ),
)  # fmt: skip
"""Asked about a CSR."""

AGE_RULES: tuple[Rule[timedelta], ...] = (
    Rule(
        "key-old", Level.WARNING, Level.NOTE,
        "The key is {days} days old: the longer it is used, the more a stolen copy is worth. A new pair is free.",
        _old_key, "BR 6.3.2",
    ),
)  # fmt: skip
"""Asked about the age of a key."""
