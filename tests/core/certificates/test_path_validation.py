"""A chain is valid only if ``openssl verify`` accepts it too, and each refusal has a reason."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from chains_made import (
    BAD,
    DAY,
    EMAIL,
    END,
    GONE,
    GOOD,
    SERVER,
    Case,
    Made,
    Maker,
    ca,
    constraints,
    key,
    make,
    name,
    names,
    usage,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, x448
from cryptography.hazmat.primitives.serialization import Encoding
from requests_made import NOW
from tables import table

from csrtui.core.base.asn1 import BIT_STRING, INTEGER, SEQUENCE, encode, read_node
from csrtui.core.certificates.certificate import read_der
from csrtui.core.certificates.chain import build_chain
from csrtui.core.certificates.name_constraints import MAX_COMPARISONS
from csrtui.core.certificates.path_validation import (
    ChainReason,
    ChainState,
    ChainStatus,
    validate_chain,
    verify_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from ipaddress import IPv4Network
    from pathlib import Path

KINDS = ("ec", "rsa", "rsa-pss", "ed25519")


def validate(case: Case, now: datetime = NOW) -> ChainStatus:
    leaf = read_der(case.leaf.der)
    given = [*case.intermediates, *([case.root] if case.root else [])]
    return validate_chain(build_chain(leaf, [read_der(one.der) for one in reversed(given)], now), now)


def openssl_accepts(case: Case, folder: Path, *more: str) -> bool:
    """Return whether ``openssl verify`` accepts a chain. Without a root, it trusts the last intermediate."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")

    def write(file: str, *made: Made) -> str:
        path = folder / file
        path.write_bytes(b"".join(one.certificate.public_bytes(Encoding.PEM) for one in made))
        return str(path)

    root = case.root or (case.intermediates or (case.leaf,))[-1]
    command = ["openssl", "verify", "-attime", str(int(NOW.timestamp())), "-partial_chain", *more]
    command += ["-trusted", write("root.pem", root)]
    if case.intermediates:
        command += ["-untrusted", write("chain.pem", *case.intermediates)]
    ran = subprocess.run([*command, write("leaf.pem", case.leaf)], capture_output=True, check=False)
    return ran.returncode == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case_name", GOOD)
def test_what_private_and_public_cas_issue_is_valid(case_name: str, kind: str, tmp_path: Path) -> None:
    case = GOOD[case_name](Maker(kind))
    status = validate(case)
    assert (status.state, status.reason) == (ChainState.VALID, None), status.text
    assert status.text in {"valid up to CN=Root", "complete up to CN=Root, which clients must trust"}
    assert status.text.startswith("complete" if case.root is None else "valid")
    assert openssl_accepts(case, tmp_path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case_name", BAD)
def test_what_openssl_refuses_is_invalid_and_the_reason_is_named(
    case_name: str, kind: str, tmp_path: Path
) -> None:
    reason, made = BAD[case_name]
    case = made(Maker(kind))
    status = validate(case)
    assert (status.state, status.reason) == (ChainState.INVALID, reason), status.text
    assert status.text.startswith("invalid: ")
    assert not openssl_accepts(case, tmp_path)


@table(
    ("case_name", "text"),
    [
        ("wrong signature", "the certificate of CN=CA did not sign CN=a.com"),
        ("wrong root", "the certificate of CN=Root did not sign CN=CA"),
        ("expired intermediate", "CN=CA expired on 1 Jan 2021"),
        ("intermediate not yet valid", "CN=CA is not valid before 24 Nov 2026 09:00 UTC"),
        ("path length", "CN=Root allows at most 0 CA certificates below it (path length); the chain has 2"),
        (
            "intermediate without keyCertSign",
            "CN=CA may not sign certificates: its key usage does not include keyCertSign",
        ),
        ("intermediate that is not a CA", "CN=CA is not a CA certificate"),
        ("key identifier", "the authority key identifier of CN=a.com does not match CN=CA"),
    ],
)
def test_a_refusal_names_the_certificate(case_name: str, text: str) -> None:
    _, made = BAD[case_name]
    assert validate(made(Maker("ec"))).text == f"invalid: {text}"


@table("which", ["leaf_options", "middle_options", "root_options"])
def test_a_chain_is_valid_from_its_first_to_its_last_second(which: str) -> None:
    second = timedelta(seconds=1)
    case = Maker("ec").case(**{which: {"start": NOW, "end": NOW + DAY}})
    times = (NOW - second, NOW, NOW + DAY, NOW + DAY + second)
    expected = [ChainState.INVALID, ChainState.VALID, ChainState.VALID, ChainState.INVALID]
    assert [validate(case, now).state for now in times] == expected


# Name constraints


def dns(*bases: str) -> list[x509.GeneralName]:
    return [x509.DNSName(base) for base in bases]


def net(base: str) -> list[x509.GeneralName]:
    import ipaddress

    network: IPv4Network | ipaddress.IPv6Network = ipaddress.ip_network(base)
    return [x509.IPAddress(network)]


def address(value: str) -> x509.SubjectAlternativeName:
    import ipaddress

    return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(value))])


def mail(value: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.RFC822Name(value)])


def uri(value: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(value)])


def mails(*bases: str) -> list[x509.GeneralName]:
    return [x509.RFC822Name._init_without_validation(base) for base in bases]


def uris(*bases: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(base) for base in bases]


def directory(**attributes: str) -> list[x509.GeneralName]:
    return [x509.DirectoryName(name("a.com", **attributes))]


CONSTRAINED: list[tuple[list[x509.GeneralName] | None, list[x509.GeneralName] | None, Any, Any, bool]] = [
    (dns("a.com"), None, names("b.com"), "a.com", False),
    (dns("b.com", "a.com"), None, names("x.a.com"), "q", True),
    (dns("a.com"), None, names("xa.com"), "q", False),
    (dns(".a.com"), None, names("x.a.com"), "q", True),
    (dns(".a.com"), None, names("a.com"), "q", False),
    (dns("a.com"), None, names("*.a.com"), "q", True),
    (None, dns("a.com"), names("www.A.com"), "q", False),
    (None, dns("a.com"), names("www.b.com"), "q", True),
    (None, dns(""), names("www.b.com"), "q", False),
    (dns("a.com"), None, usage(signs=False), "b.com", False),
    (dns("a.com"), None, usage(signs=False), "x.a.com", True),
    (dns("a.com"), None, usage(signs=False), "Jane Doe", True),
    (dns("a.com"), None, address("10.0.0.1"), "q", True),
    (net("10.0.0.0/8"), None, address("10.1.2.3"), "q", True),
    (net("10.0.0.0/8"), None, address("11.1.2.3"), "q", False),
    (net("10.0.0.0/8"), None, address("fd00::1"), "q", False),
    (None, net("fd00::/8"), address("fd00::1"), "q", False),
    (mails("b.com"), None, mail("a@B.com"), "q", True),
    (mails("b.com"), None, mail("a@x.b.com"), "q", False),
    (mails(".b.com"), None, mail("a@x.b.com"), "q", True),
    (mails("a@b.com"), None, mail("a@b.com"), "q", True),
    (mails("a@b.com"), None, mail("c@b.com"), "q", False),
    (mails("b.com"), None, names("a.com"), name("a.com", email="x@c.com"), False),
    (None, mails("c.com"), names("a.com"), name("a.com", email="x@b.com"), True),
    (None, mails("c.com"), names("a.com"), name("a.com", email="ä@ö.com"), True),
    (uris("b.com"), None, uri("https://b.com/x"), "q", True),
    (uris(".b.com"), None, uri("https://x.b.com:80/x"), "q", True),
    (uris("b.com"), None, uri("https://x.b.com"), "q", False),
    (directory(), None, names("a.com"), "A.com", True),
    (directory(), None, names("a.com"), "b.com", False),
    (directory(), None, names("a.com"), x509.Name([]), True),
    (None, directory(organization="My Ltd"), names("a.com"), name("a.com", organization="MY LTD"), False),
]


@pytest.mark.parametrize("kind", ["ec", "ed25519"])
@pytest.mark.parametrize("row", range(len(CONSTRAINED)))
def test_name_constraints_are_those_of_openssl(row: int, kind: str, tmp_path: Path) -> None:
    permitted, excluded, extension, subject, allowed = CONSTRAINED[row]
    case = Maker(kind).case(
        middle=(ca(), constraints(permitted, excluded)),
        leaf=(extension,),
        leaf_options={"subject": subject},
    )
    status = validate(case)
    assert (status.state is ChainState.VALID) is allowed, status.text
    if not allowed:
        assert (status.state, status.reason) == (ChainState.INVALID, ChainReason.NAME_CONSTRAINTS)
        assert status.text.startswith("invalid: the name constraints of CN=CA do not allow ")
    assert openssl_accepts(case, tmp_path) is allowed


@pytest.mark.parametrize(
    ("bases", "alternative"),
    [
        (
            [x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))],
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
        ),
        (
            [x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x01a")],
            x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x01a"),
        ),
        (uris("b.com"), x509.UniformResourceIdentifier("urn:x")),
        (mails("b.com"), x509.RFC822Name._init_without_validation("nobody")),
    ],
)
def test_names_that_cannot_be_compared_make_a_chain_not_checkable(
    bases: list[x509.GeneralName], alternative: x509.GeneralName, tmp_path: Path
) -> None:
    for permitted, excluded in ((bases, None), (None, bases)):
        case = Maker("ec").case(
            middle=(ca(), constraints(permitted, excluded)),
            leaf=(x509.SubjectAlternativeName([alternative, *([alternative] if excluded else [])]),),
        )
        status = validate(case)
        assert (status.state, status.reason) == (ChainState.NOT_CHECKABLE, ChainReason.NAME_CONSTRAINTS)
        assert not openssl_accepts(case, tmp_path)


def test_a_constraint_on_another_kind_of_other_name_has_no_effect() -> None:
    base = x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x01a")
    other = x509.OtherName(x509.ObjectIdentifier("1.2.4"), b"\x0c\x01a")
    case = Maker("ec").case(middle=(ca(), constraints([base])), leaf=(x509.SubjectAlternativeName([other]),))
    assert validate(case).state is ChainState.VALID


def test_name_constraints_apply_to_the_intermediates_below() -> None:
    permitted = constraints([x509.DirectoryName(name("a.com"))])
    status = validate(Maker("ec").case(root=(ca(), permitted)))
    assert status.text == "invalid: the name constraints of CN=Root do not allow CN=CA"


def test_a_self_issued_certificate_below_is_skipped(tmp_path: Path) -> None:
    new = Maker("ec")
    only = constraints(dns("a.com"))
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key
    root = new.root(ca(), only, x509.SubjectKeyIdentifier.from_public_key(key("ec", 1).public_key()))
    middle = new.below(
        root, ca(), names("b.com"), above(key("ec", 1).public_key()),
        x509.SubjectKeyIdentifier.from_public_key(key("ec", 6).public_key()), common_name="Root", number=6,
    )  # fmt: skip
    case = Case(new.leaf(middle, names("a.com"), above(key("ec", 6).public_key())), (middle,), root)
    assert openssl_accepts(case, tmp_path)
    assert validate(case).reason is not ChainReason.NAME_CONSTRAINTS


@table(
    ("constraint_count", "reason"),
    [(MAX_COMPARISONS // 100, None), (MAX_COMPARISONS // 100 + 1, ChainReason.NAME_CONSTRAINTS)],
)
def test_hostile_constraints_are_checked_in_limited_time(
    constraint_count: int, reason: ChainReason | None
) -> None:
    bases = [x509.DNSName(f"{number}.com") for number in range(constraint_count)]
    hosts = names(*(f"x.{number}.com" for number in range(99)))  # the subject is a name too
    assert validate(Maker("ec").case(middle=(ca(), constraints(bases)), leaf=(hosts,))).reason is reason


# Purposes


@pytest.mark.parametrize(
    ("above", "leaf", "valid"),
    [
        ([EMAIL], [SERVER], False),
        ([SERVER], [SERVER, EMAIL], True),
        ([EMAIL], [SERVER, EMAIL], False),
        ([SERVER], [EMAIL], False),
        ([x509.ObjectIdentifier("2.5.29.37.0")], [EMAIL], True),
        ([EMAIL], [x509.ObjectIdentifier("2.5.29.37.0")], True),
        ([EMAIL], None, True),
    ],
)
def test_an_intermediate_only_issues_for_its_purposes(
    above: list[x509.ObjectIdentifier], leaf: list[x509.ObjectIdentifier] | None, valid: bool, tmp_path: Path
) -> None:
    own = [x509.ExtendedKeyUsage(leaf)] if leaf else []
    case = Maker("ec").case(middle=(ca(), x509.ExtendedKeyUsage(above)), leaf=(names("a.com"), *own))
    status = validate(case)
    assert (status.state is ChainState.VALID) is valid
    assert (status.reason is ChainReason.PURPOSE) is not valid
    if not valid:
        purpose = "sslserver" if leaf and SERVER in leaf else "smimesign"
        assert not openssl_accepts(case, tmp_path, "-purpose", purpose)


# Chains that cannot be checked


def test_a_leaf_alone_is_not_checkable() -> None:
    case = Maker("ec").one_tier()
    status = validate(Case(case.leaf))
    assert (status.state, status.reason) == (ChainState.NOT_CHECKABLE, ChainReason.ISSUER_MISSING)
    assert status.text == "not checkable: the issuer certificate, CN=Root, is missing"
    nameless = make("a.com", case.root, None, (names("a.com"),), issuer_name=x509.Name([]))
    assert (
        validate(Case(nameless)).text
        == "not checkable: the issuer certificate, which has no name, is missing"
    )


def weak_key() -> Case:
    root = make("Root", None, key("rsa-1024"), (ca(),))
    return Case(make("a.com", root, None, (names("a.com"),)), (), root)


def critical() -> Case:
    strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    return Maker("ec").case(leaf=(names("a.com"), (strange, True)))


def policies() -> Case:
    """Return a critical extension that not all validators know."""
    return Maker("ec").case(middle=(ca(), (x509.PolicyConstraints(0, None), True)))


def nameless_ca() -> Case:
    maker = Maker("ec")
    root = maker.root(common_name=x509.Name([]))
    return Case(maker.leaf(root), (), root)


@table(
    ("made", "reason", "text"),
    [
        (weak_key, ChainReason.WEAK, "the RSA key of CN=Root has 1024 bits, so its signatures prove nothing"),
        (
            critical,
            ChainReason.EXTENSION,
            "CN=a.com has a critical extension that csrtui does not know: 1.2.3.4",
        ),
        (
            policies,
            ChainReason.EXTENSION,
            "CN=CA has a critical extension that csrtui does not know: 2.5.29.36",
        ),
    ],
)
def test_an_uncheckable_chain_has_a_reason(made: Callable[[], Case], reason: ChainReason, text: str) -> None:
    status = validate(made())
    assert (status.state, status.reason) == (ChainState.NOT_CHECKABLE, reason)
    assert status.text == f"not checkable: {text}"


def test_a_sha_1_signature_is_not_accepted() -> None:
    case = Maker("ec").case()
    leaf, *others = (read_der(one.der) for one in (case.leaf, *case.intermediates, case.root) if one)
    chain = build_chain(replace(leaf, signature_hash="sha1"), others, NOW)
    assert len(chain.path) == 3
    status = validate_chain(chain, NOW)
    assert (status.state, status.reason) == (ChainState.NOT_CHECKABLE, ChainReason.WEAK)
    assert status.text == "not checkable: CN=a.com is signed with SHA1, which proves nothing"


def test_a_chain_that_only_the_library_refuses_is_not_valid() -> None:
    status = validate(nameless_ca())
    assert (status.state, status.reason) == (ChainState.NOT_CHECKABLE, ChainReason.LIBRARY), status.text
    assert status.text.isprintable()


def unknown_algorithm() -> Case:
    """Return a root with an unknown signature algorithm: one arc of its OID is different."""
    case = Maker("ed25519").one_tier()
    strange = case.leaf.der.replace(bytes.fromhex("06032b6570"), bytes.fromhex("06032b657f"))
    return Case(Made(x509.load_der_x509_certificate(strange), case.leaf.key), (), case.root)


def test_an_unknown_algorithm_is_not_checkable() -> None:
    status = validate(unknown_algorithm())
    assert (status.state, status.reason) == (ChainState.NOT_CHECKABLE, ChainReason.ALGORITHM), status.text
    assert status.text == "not checkable: csrtui does not know the signature algorithm of CN=a.com"


def test_a_chain_that_is_too_long_is_not_checkable() -> None:
    maker = Maker("ec")
    path = [maker.root()]
    for number in range(11):
        path.append(maker.below(path[-1], common_name=f"CA {number}"))
    status = validate(Case(maker.leaf(path[-1]), tuple(path[1:]), path[0]))
    assert (status.state, status.reason) == (ChainState.NOT_CHECKABLE, ChainReason.TOO_LONG)
    assert status.text == "not checkable: there are more than 10 intermediate certificates"


# Valid chains that the library does not support


@pytest.mark.parametrize("kind", ["secp256k1"])
def test_curves_that_the_web_does_not_use_are_checked_too(kind: str, tmp_path: Path) -> None:
    case = Maker(kind).case()
    assert validate(case).state is ChainState.VALID
    assert openssl_accepts(case, tmp_path)


def test_ml_dsa_cas_are_checked_without_another_tool() -> None:
    maker = Maker("ml-dsa")
    assert validate(maker.case()).text == "valid up to CN=Root"
    for reason, made in BAD.values():
        assert validate(made(maker)).reason == reason


def with_serial(case: Case, number: int) -> Case:
    """Return a case whose leaf has a serial number that cryptography refuses to write."""
    body, algorithm, _ = read_node(case.leaf.der).children()
    version, _, *others = (part.encoded for part in body.children())
    octets = number.to_bytes(number.bit_length() // 8 + 1)
    body_der = encode(SEQUENCE, version, encode(INTEGER, octets), *others)
    issuer_key = case.intermediates[0].key
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    signature = encode(BIT_STRING, b"\0", issuer_key.sign(body_der, ec.ECDSA(hashes.SHA256())))
    der = encode(SEQUENCE, body_der, algorithm.encoded, signature)
    return replace(case, leaf=Made(x509.load_der_x509_certificate(der), case.leaf.key))


def test_salts_and_serial_numbers_of_any_length_are_accepted(tmp_path: Path) -> None:
    salt = padding.PSS(padding.MGF1(hashes.SHA256()), 20)
    for case in (
        with_serial(Maker("ec").case(), 2**159),  # RFC 5280, 4.1.2.2: 20 octets, which end at 2**159 - 1
        with_serial(Maker("ec").case(), 2**167),
        Maker("rsa").case(leaf_options={"padding": salt}),
        Maker("ec").case(leaf_options={"hash": hashes.SHA224()}),
        Maker("ec").case(leaf_options={"serial": 2**159 - 1}),
    ):
        assert validate(case).state is ChainState.VALID
        assert openssl_accepts(case, tmp_path)


@pytest.mark.parametrize("extension", [True, False])
def test_what_openssl_signs_without_extensions_is_valid(extension: bool, tmp_path: Path) -> None:
    """``openssl x509 -req`` makes certificates of version 1, and ``openssl req -x509`` roots."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")

    def run(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, check=True)

    (tmp_path / "c").write_text("[req]\ndistinguished_name=d\n[d]\n[v]\nbasicConstraints=CA:TRUE\n")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "c")
    run("req", "-x509", *new, "-subj", "/CN=Root", "-keyout", "r.key", "-out", "r.pem", "-days", "9000",
        *(("-extensions", "v") if extension else ()))  # fmt: skip
    run("req", *new, "-subj", "/CN=a.com", "-keyout", "k", "-out", "r")
    run("x509", "-req", "-in", "r", "-CA", "r.pem", "-CAkey", "r.key", "-days", "9000", "-out", "a.pem")
    leaf, root = (
        x509.load_pem_x509_certificate((tmp_path / file).read_bytes()) for file in ("a.pem", "r.pem")
    )
    case = Case(Made(leaf, key("ec")), (), Made(root, key("ec")))
    after = max(NOW, root.not_valid_before_utc + DAY)
    status = validate(case, after)
    verified = subprocess.run(["openssl", "verify", "-CAfile", "r.pem", "a.pem"], cwd=tmp_path, check=False)
    # openssl 3.6 makes a root of version 3 even without extensions, and refuses it, because it is not a CA.
    assert verified.returncode == 0 or not extension
    assert (status.text == "valid up to CN=Root") == (verified.returncode == 0)


# A single certificate


def test_a_self_signed_certificate_is_its_own_root(tmp_path: Path) -> None:
    own = make("a.com", None, None, (names("a.com"),))
    status = validate(Case(own))
    assert (status.state, status.text) == (ChainState.VALID, "valid: the certificate is self-signed")
    assert openssl_accepts(Case(own), tmp_path)
    gone = make("a.com", None, None, (names("a.com"),), end=GONE)
    assert validate(Case(gone)).text == "invalid: CN=a.com expired on 1 Jan 2021"


def test_a_leaf_with_the_name_of_its_ca_is_not_self_signed() -> None:
    maker = Maker("ec")
    root = maker.root(common_name="localhost")
    leaf = maker.leaf(root, subject="localhost")
    assert validate(Case(leaf, (), root)).text == "valid up to CN=localhost"
    assert validate(Case(leaf)).reason is ChainReason.ISSUER_MISSING


def test_the_authority_may_be_named_by_issuer_and_serial_number(tmp_path: Path) -> None:
    maker = Maker("ec")
    root = maker.root()
    for issuer, serial, valid in (("Root", 0xABC, True), ("Other", 0xABC, False), ("Root", 5, False)):
        identifier = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(name(issuer))], serial)
        case = Case(maker.leaf(root, names("a.com"), identifier), (), root)
        assert (validate(case).state is ChainState.VALID) is valid
        assert openssl_accepts(case, tmp_path) is valid


def test_a_path_to_a_root_is_preferred_to_a_longer_valid_one() -> None:
    case = Maker("ec").cross_signed(end=END + DAY)
    assert validate(case).text == "valid up to CN=Root"
    assert validate(case, END + timedelta(hours=1)).reason is ChainReason.LEAF_VALIDITY


def test_a_valid_path_is_preferred_to_an_invalid_one_with_a_root(tmp_path: Path) -> None:
    maker = Maker("ec")
    gone, old = maker.root(end=GONE), maker.root(common_name="Old Root", number=5)
    middle, crossed = maker.below(gone), maker.below(old, serial=7)
    leaf = maker.leaf(middle)
    status = validate(Case(leaf, (middle, crossed), gone))
    assert status.text == "complete up to CN=Old Root, which clients must trust"
    assert openssl_accepts(Case(leaf, (crossed,), old), tmp_path)
    assert not openssl_accepts(Case(leaf, (middle,), gone), tmp_path)


def test_the_library_uses_csrtuis_own_policies() -> None:
    """Cryptography's default policies refuse a leaf without a SAN, so csrtui sets its own."""
    good = Maker("ec").case(leaf=(usage(signs=False),))
    bad = Maker("ec").case(middle=(ca(), usage(signs=False)))
    for case, error in ((good, None), (bad, "keyCertSign")):
        assert case.root is not None
        path = [case.leaf.certificate, case.intermediates[0].certificate, case.root.certificate]
        refusal = verify_path(path, NOW)
        assert (error in (refusal or "")) if error else refusal is None


def test_a_signature_with_unused_bits_is_wrong(tmp_path: Path) -> None:
    """Cryptography ignores them."""
    maker = Maker("ec")
    root = maker.root()
    leaves = (maker.leaf(root, serial=number).certificate for number in range(1, 1000))
    leaf = next(one for one in leaves if one.signature[-1] % 2 == 0)
    der = bytearray(leaf.public_bytes(Encoding.DER))
    der[-len(leaf.signature) - 1] = 1
    case = Case(Made(x509.load_der_x509_certificate(bytes(der)), root.key), (), root)
    case.leaf.certificate.verify_directly_issued_by(root.certificate)
    assert validate(case).reason is ChainReason.SIGNATURE
    assert not openssl_accepts(case, tmp_path)


def test_an_unusual_serial_number_causes_no_warning() -> None:
    maker = Maker("ec")
    root = maker.root()
    odd = root.der.replace(b"\x02\x02\x0a\xbc", b"\x02\x02\x8a\xbc")
    identifier = x509.AuthorityKeyIdentifier(None, [x509.DirectoryName(name("Root"))], 5)
    leaf = maker.leaf(root, names("a.com"), identifier)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chain = build_chain(read_der(leaf.der), [read_der(odd)], NOW)
        assert validate_chain(chain, NOW).reason is ChainReason.KEY_IDENTIFIER


def test_shared_parts_of_paths_are_checked_once() -> None:
    maker = Maker("ec")
    root = maker.root()
    upper = maker.below(root, common_name="CA 1", number=3)
    lower = [maker.below(upper, serial=number) for number in (1, 2)]
    assert validate(Case(maker.leaf(lower[0]), (upper, *lower), root)).text == "valid up to CN=Root"
    assert validate(Case(maker.leaf(lower[0]), (upper, *lower))).text.startswith("complete up to CN=Root,")


def test_an_unsupported_key_in_the_leaf_does_not_matter() -> None:
    case = Maker("ec").one_tier()
    assert case.root is not None
    assert isinstance(case.root.key, ec.EllipticCurvePrivateKey)
    common = make("a.com", case.root, x448.X448PrivateKey.generate()).certificate  # type: ignore[arg-type]
    strange = common.tbs_certificate_bytes.replace(bytes.fromhex("06032b656f"), bytes.fromhex("06032b657f"))
    signature = case.root.key.sign(strange, ec.ECDSA(hashes.SHA256()))
    body = strange + bytes.fromhex("300a06082a8648ce3d040302") + bytes([3, len(signature) + 1, 0]) + signature
    assert 0x80 <= len(body) < 0x100
    leaf = read_der(bytes([0x30, 0x81, len(body)]) + body)
    assert leaf.spki_sha256 is None
    chain = build_chain(leaf, [read_der(case.root.der)], NOW)
    assert validate_chain(chain, NOW).text == "valid up to CN=Root"


def test_the_json_has_the_three_members() -> None:
    assert validate(Maker("ec").case()).as_json() == {
        "state": "valid", "reason": None, "text": "valid up to CN=Root",
    }  # fmt: skip
    assert validate(BAD["expired intermediate"][1](Maker("ec"))).as_json()["reason"] == "validity"
