"""The rules for existing keys and CSRs: when each applies, and when it just does not."""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa, x25519
from data_files import DATA
from requests_made import der_of, key_of
from tables import table

from csrtui.core.advice.key_rules import check_csr, check_key_age, check_public_key
from csrtui.core.base.finding import CaKind, FieldName, Finding, Level, Purpose
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.subject.fields import SubjectFields

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PUBLIC, PRIVATE = CaKind.PUBLIC, CaKind.PRIVATE


def codes_of(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.code, finding.level.value) for finding in findings]


PRIME = 3 * 2**1022 + 12409
TO_NEXT_PRIME = {2: 1306, 2**514: 812, 2**530: 456}
"""The distance from `PRIME` plus a gap to the next prime. Searching for it takes seconds."""


def modulus_of(gap: int) -> int:
    """Return the product of `PRIME` and the first prime that is at least `gap` larger."""
    return PRIME * (PRIME + gap + TO_NEXT_PRIME[gap])


def rsa_of(modulus: int, exponent: int = 65537) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


TO_NO_SMALL_FACTOR = {
    1023: 2, 1024: 22, 2040: 26, 2048: 74, 2049: 2, 2056: 0, 3072: 2, 4096: 12, 8192: 10
}  # fmt: skip


def odd_modulus(bits: int) -> int:
    """Return a modulus of this length that has no small factor and no close primes."""
    modulus: int = 2 ** (bits - 1) + 2 ** (bits // 3) + 987654321 + TO_NO_SMALL_FACTOR[bits]
    return modulus


@table("key_type", KeyType)
def test_csrtuis_own_keys_are_not_weak(key_type: KeyType) -> None:
    public = key_of(key_type).public_key()
    for ca in CaKind:
        assert "key-weak" not in {finding.code for finding in check_public_key(public, ca)}


def test_the_rules_about_key_types_apply_to_existing_keys_too() -> None:
    assert codes_of(check_public_key(key_of(KeyType.ED25519).public_key(), PUBLIC)) == [
        ("key-not-public", "error")
    ]
    assert codes_of(check_public_key(key_of(KeyType.ED25519).public_key(), PRIVATE)) == [
        ("key-not-public", "note")
    ]
    assert codes_of(check_public_key(key_of(KeyType.EC_P384).public_key(), PUBLIC)) == []


@table(
    ("public", "words"),
    [
        (rsa_of(odd_modulus(1024)), "RSA 1024 is too short"),
        (rsa_of(odd_modulus(2040)), "RSA 2040 is too short"),
        (rsa_of(odd_modulus(2049)), "not divisible by 8"),
        (rsa_of(odd_modulus(2048), 3), "exponent is 3, not 65537"),
        (rsa_of(odd_modulus(2048), 2**63 + 1), "exponent is 9223372036854775809"),
        (rsa_of(odd_modulus(2048), 2**64 + 1), "exponent is of 65 bits"),
        (rsa_of(modulus_of(2)), "too close together"),
        (rsa_of(modulus_of(2**514)), "too close together"),
        (ec.generate_private_key(ec.SECP256K1()).public_key(), "EC secp256k1"),
        (ec.generate_private_key(ec.BrainpoolP256R1()).public_key(), "EC brainpoolP256r1"),
        (ed448.Ed448PrivateKey.generate().public_key(), "Ed448"),
        (x25519.X25519PrivateKey.generate().public_key(), "X25519"),
    ],
)
def test_a_weak_key_is_reported_with_the_reason(public: key_types.PublicKey, words: str) -> None:
    for ca, level in ((PUBLIC, Level.ERROR), (PRIVATE, Level.WARNING)):
        (found,) = check_public_key(public, ca)
        assert (found.code, found.level, found.field) == ("key-weak", level, FieldName.KEY)
        assert found.text.endswith(".")
        assert found.value == key_types.name_of(public)
    assert words in check_public_key(public, PUBLIC)[0].text


@table("bits", [2048, 2056, 3072, 4096, 8192])
def test_a_good_length_is_not_reported(bits: int) -> None:
    assert "key-weak" not in {one.code for one in check_public_key(rsa_of(odd_modulus(bits)), PUBLIC)}


def test_primes_that_are_far_enough_apart_are_not_reported() -> None:
    assert check_public_key(rsa_of(modulus_of(2**530)), PUBLIC) == ()


def test_several_weaknesses_are_reported_separately() -> None:
    found = check_public_key(rsa_of(odd_modulus(1023), 3), PRIVATE)
    assert codes_of(found) == [("key-weak", "warning")] * 3


def test_rare_kinds_of_keys_have_a_name_and_a_label() -> None:
    numbers = dsa.DSAParameterNumbers(p=2**1023 + 1155, q=2**159 + 7, g=4)
    public = dsa.DSAPublicNumbers(5, numbers).public_key()
    assert (key_types.name_of(public), key_types.label_of(public)) == ("dsa-1024", "DSA 1024")
    curve = ec.generate_private_key(ec.SECP224R1()).public_key()
    assert (key_types.name_of(curve), key_types.label_of(curve)) == ("ec-secp224r1", "EC secp224r1")
    small = rsa_of(odd_modulus(1024))
    assert (key_types.name_of(small), key_types.label_of(small)) == ("rsa-1024", "RSA 1024")
    usual = key_of(KeyType.EC_P256).public_key()
    assert (key_types.name_of(usual), key_types.label_of(usual)) == ("ec-p256", "EC P-256")
    assert key_types.name_of(ed448.Ed448PrivateKey.generate().public_key()) == "ed448"
    names = ("ec-p256", "rsa-1024", "ec-secp256k1", "ed448", "other", "x-1")
    assert [key_types.label_of_name(name) for name in names] == [
        "EC P-256",
        "RSA 1024",
        "EC secp256k1",
        "ed448",
        "other",
        "x-1",
    ]


@table(("name", "label"), [("sha1", "SHA-1"), ("md5", "MD5")])
def test_an_old_hash_is_reported(name: str, label: str) -> None:
    csr = signed_with(name)
    (found,) = check_csr(csr, PUBLIC)
    assert (found.code, found.level, found.value) == ("old-hash", Level.ERROR, name)
    assert label in found.text
    assert codes_of(check_csr(csr, PRIVATE)) == [("old-hash", "warning")]


@table("name", ["sha224", "sha256", "sha3-512", None])
def test_a_current_hash_is_not_reported(name: str | None) -> None:
    assert check_csr(signed_with(name), PUBLIC) == ()


def signed_with(name: str | None) -> csr.Request:
    made = csr.read_der(der_of(SubjectFields(common_name="a.com"), "a.com"))
    return made._replace(signature_hash=name)


@table("ca", CaKind)
def test_a_csr_for_a_server_with_only_a_common_name_is_reported(ca: CaKind) -> None:
    bare = signed_with("sha256")._replace(names=())
    assert codes_of(check_csr(bare, ca)) == [("no-alternative-names", "warning")]
    assert check_csr(bare._replace(purpose=Purpose.CLIENT), ca) == ()
    assert check_csr(bare._replace(subject=SubjectFields(common_name="Jane Doe")), ca) == ()


@table(
    ("name", "public", "private"),
    [
        ("email:jane@a.com", ("not-a-hostname", "error"), None),
        ("uri:https://a.com", ("not-a-hostname", "error"), None),
        ("upn:jane@a.com", ("not-a-hostname", "error"), None),
        ("directory:CN=Jane", ("not-a-hostname", "error"), ("not-a-hostname", "note")),
        ("rid:1.2.3", ("not-a-hostname", "error"), ("not-a-hostname", "note")),
        ("srv:_imap.a.com", ("not-a-hostname", "error"), ("not-a-hostname", "note")),
        ("other:1.2.3", ("not-a-hostname", "error"), ("not-a-hostname", "note")),
        ("10.0.0.0/8", ("address-invalid", "error"), ("address-invalid", "error")),
        ("fd00::/8", ("address-invalid", "error"), ("address-invalid", "error")),
        ("", ("empty-label", "error"), ("empty-label", "error")),
        ("a.com", None, None),
        ("fd00::1", None, None),
    ],
)  # fmt: skip
def test_names_of_a_csr_that_no_user_could_type_are_reported(
    name: str, public: tuple[str, str] | None, private: tuple[str, str] | None
) -> None:
    csr = signed_with("sha256")._replace(names=("a.com", name))
    assert codes_of(check_csr(csr, PUBLIC)) == [public] * (public is not None)
    assert codes_of(check_csr(csr, PRIVATE)) == [private] * (private is not None)


def test_names_in_a_finding_on_a_csr_are_safe_to_display() -> None:
    names = ("rid:1.2.3", "directory:CN=\x1b[2J", "rid:1.2.4", "rid:1.2.5", "rid:1.2.6")
    (found,) = check_csr(signed_with("sha256")._replace(names=names), PUBLIC)
    assert found.field is FieldName.NAMES
    assert found.text.startswith(
        r"rid:1.2.3, directory:CN=\x1b[2J, rid:1.2.4 and 2 more: public CAs certify only "
    )


def test_a_key_is_old_after_the_maximum_validity_of_a_certificate() -> None:
    longest = timedelta(days=398)
    assert check_key_age(NOW - longest, NOW, PUBLIC) == ()
    assert check_key_age(NOW + longest, NOW, PUBLIC) == ()
    (found,) = check_key_age(NOW - longest - timedelta(seconds=1), NOW, PUBLIC)
    assert (found.code, found.level) == ("key-old", Level.WARNING)
    assert "398 days" in found.text
    assert codes_of(check_key_age(NOW - 2 * longest, NOW, PRIVATE)) == [("key-old", "note")]


def test_a_csr_that_breaks_the_encoding_rules_is_checked_without_its_extensions() -> None:
    text = (DATA / "files" / "adopt-csr" / "02-pathlen-without-ca.csr").read_bytes()
    der = b64decode(b"".join(line for line in text.splitlines() if not line.startswith(b"-")))
    decoded = csr.read_faulty(der)
    assert decoded is not None
    assert check_csr(decoded[0], PUBLIC) == ()
