"""Every server of the table: its files, their order and secrecy, and the snippets that name them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest
from certificates_made import build, intermediate, pem, root
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from exports_made import Material, certificate_of, material
from requests_made import key_of
from tables import table

from csrtui.core.base.asn1 import wrap
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.secret import Secret
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.deployment import (
    NewFile,
    Pkcs12Encryption,
    Secrecy,
    Strength,
    build_files,
    plan_files,
    read_chain,
)
from csrtui.core.servers.platforms import PLATFORMS
from csrtui.core.servers.server import FileFormat, Part, Server, Snippet
from csrtui.store.package_data import servers

SERVERS = servers()

ENCRYPTION = Pkcs12Encryption(Secret("correct horse battery staple"))
SPKI = key_types.spki_sha256(key_of(KeyType.EC_P256).public_key())

FILES = {
    "nginx": {".crt": "LC", ".key": "K"},
    "apache": {".crt": "LC", ".chain.crt": "C", ".key": "K"},
    "haproxy": {".pem": "LCK"},
    "postfix": {".pem": "KLC"},
    "dovecot": {".crt": "LC", ".key": "K"},
    "exim": {".crt": "LC", ".key": "K"},
    "lighttpd": {".crt": "LC", ".key": "K"},
    "tomcat": {".p12": ""},
    "weblogic": {".p12": ""},
    "iis": {".pfx": ""},
    "exchange": {".pfx": ""},
    "f5": {".crt": "L", ".chain.crt": "C", ".key": "K"},
    "cpanel": {".crt": "L", ".chain.crt": "C", ".key": "K"},
    "plesk": {".crt": "L", ".chain.crt": "C", ".key": "K"},
    "domino": {".pem": "KLC"},
    "caddy": {".crt": "LC", ".key": "K"},
    "traefik": {".crt": "LC", ".key": "K"},
    "stunnel": {".crt": "LC", ".key": "K"},
    "squid": {".crt": "LC", ".key": "K"},
    "postgresql": {".crt": "LC", ".key": "K"},
    "mysql": {".crt": "LC", ".key": "K"},
    "mariadb": {".crt": "LC", ".key": "K"},
    "redis": {".crt": "LC", ".key": "K"},
    "mosquitto": {".crt": "LC", ".key": "K"},
    "openldap": {".crt": "LC", ".key": "K"},
    "freeradius": {".crt": "LC", ".key": "K"},
    "openvpn": {".crt": "LC", ".key": "K"},
    "coturn": {".crt": "LC", ".key": "K"},
    "prosody": {".crt": "LC", ".key": "K"},
    "cups": {".crt": "LC", ".key": "K"},
    "vsftpd": {".crt": "LC", ".key": "K"},
    "nodejs": {".crt": "LC", ".key": "K"},
    "kubernetes": {".crt": "LC", ".key": "K"},
    "gitlab": {".crt": "LC", ".key": "K"},
    "proxmox": {".crt": "LC", ".key": "K"},
    "rabbitmq": {".crt": "L", ".chain.crt": "C", ".key": "K"},
    "proftpd": {".crt": "L", ".chain.crt": "C", ".key": "K"},
    "vcenter": {".crt": "L", ".chain.crt": "C", ".key": "K"},
    "nginx-proxy-manager": {".crt": "L", ".chain.crt": "C", ".key": "K"},
    "spring-boot": {".p12": ""},
    "jetty": {".p12": ""},
    "windows-rdp": {".pfx": ""},
    "windows-ldaps": {".pfx": ""},
    "other": {".crt": "LC", ".key": "K"},
}
"""The files and, for PEM, the order of their contents: leaf, chain, key."""


def blocks_of(data: bytes) -> str:
    """Return a letter for each block of a PEM file: L and C for leaf and chain, K for the key."""
    letters = ""
    for label, body in re.findall(rb"-----BEGIN ([A-Z ]+)-----\n(.*?)-----END", data, re.DOTALL):
        if label == b"PRIVATE KEY":
            whole = b"-----BEGIN PRIVATE KEY-----\n" + body + b"-----END PRIVATE KEY-----\n"
            key = load_pem_private_key(whole, None)
            assert key_types.spki_sha256(key.public_key()) == SPKI  # type: ignore[arg-type]
            letters += "K"
        else:
            whole = b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"
            is_leaf = x509.load_pem_x509_certificate(whole) == MATERIAL.certificates[0]
            letters += "L" if is_leaf else "C"
    return letters


MATERIAL = material()


@dataclass(frozen=True)
class Deployment:
    """Planned and built files, with the snippets that name them."""

    files: tuple[NewFile, ...]
    snippets: tuple[Snippet, ...]


def deploy(
    server: Server, pair: Material, folder: str, encryption: Pkcs12Encryption | None = None
) -> Deployment:
    plan = plan_files(server, pair.pair, pair.domain, pair.certificates, folder)
    return Deployment(build_files(plan, pair.key, pair.certificates, encryption), plan.snippets)


def test_every_platform_has_a_server() -> None:
    assert SERVERS.keys() == PLATFORMS.keys() == FILES.keys()
    assert all(row.platform == name for name, row in SERVERS.items())


@table("platform", SERVERS)
def test_the_files_have_the_contents_and_order_of_the_server(platform: str) -> None:
    server = SERVERS[platform]
    deployment = deploy(
        server, MATERIAL, "/etc/ssl", ENCRYPTION if server.format is FileFormat.PKCS12 else None
    )
    assert {file.name for file in deployment.files} == {f"a.com{ending}" for ending in FILES[platform]}
    for file in deployment.files:
        parts = FILES[platform][file.name.removeprefix("a.com")]
        if server.format is FileFormat.PEM:
            assert blocks_of(file.data) == parts
            assert file.secrecy is (Secrecy.PRIVATE if "K" in parts else Secrecy.PUBLIC)
        else:
            opened = load_pkcs12(file.data, ENCRYPTION.passphrase.encoded)
            assert opened.cert is not None
            assert opened.cert.certificate == MATERIAL.certificates[0]
            assert opened.cert.friendly_name == b"a.com"
            assert [other.certificate for other in opened.additional_certs] == [*MATERIAL.certificates[1:]]
            assert file.secrecy is Secrecy.ENCRYPTED


@table("with_chain", [True, False])
@table("platform", SERVERS)
def test_the_snippets_name_every_file_and_no_other(platform: str, with_chain: bool) -> None:
    deployment = deploy(SERVERS[platform], material(with_chain=with_chain), "/etc/ssl/x", ENCRYPTION)
    text = "\n".join(line for snippet in deployment.snippets for line in snippet.lines)
    named = set(re.findall(r"a\.com\.(?:chain\.)?(?:crt|key|pem|p12|pfx)\b", text))
    assert named == {file.name for file in deployment.files}
    assert not re.search(r"@[a-z_]+@|\[\[|\]\]", text)
    assert all(path == "/etc/ssl/x" for path in re.findall(r"(/etc/ssl[^ \n]*)/a\.com", text))


@table("platform", SERVERS)
def test_without_a_chain_there_is_no_chain_file(platform: str) -> None:
    deployment = deploy(SERVERS[platform], material(with_chain=False), "/etc/ssl", ENCRYPTION)
    assert not [file for file in deployment.files if "chain" in file.name]
    assert all(file.data for file in deployment.files)


@table("platform", SERVERS)
def test_a_server_has_everything_that_a_guide_needs(platform: str) -> None:
    server = SERVERS[platform]
    for text in (server.chain, server.key, server.csr_reuse, server.documentation):
        assert text
    assert server.places
    assert server.snippets
    assert server.can_reuse_csr is (platform not in {"iis", "exchange"})
    assert server.csr_reuse.startswith("Yes" if server.can_reuse_csr else "No")
    if server.format is FileFormat.PKCS12:
        assert "MAC" in " ".join(server.notes)
        assert not any(row.parts for row in server.files)
    assert any(row.has_key for row in server.files)
    assert sum(Part.KEY in row.parts for row in server.files) == (server.format is FileFormat.PEM)


def test_apache_and_postfix_have_the_directives_of_their_documentation() -> None:
    apache = deploy(SERVERS["apache"], MATERIAL, "/x")
    lines = [line for snippet in apache.snippets for line in snippet.lines]
    assert "SSLCertificateFile /x/a.com.crt" in lines
    assert "SSLCertificateChainFile /x/a.com.chain.crt" in lines
    assert any("systemctl reload httpd" in line for line in lines)
    postfix = deploy(SERVERS["postfix"], MATERIAL, "/x")
    assert postfix.snippets[0].lines[0] == "smtpd_tls_chain_files = /x/a.com.pem"
    dovecot = deploy(SERVERS["dovecot"], MATERIAL, "/x")
    assert dovecot.snippets[0].lines == (
        "ssl_server_cert_file = /x/a.com.crt",
        "ssl_server_key_file = /x/a.com.key",
    )
    assert dovecot.snippets[1].lines == ("ssl_cert = </x/a.com.crt", "ssl_key = </x/a.com.key")


def test_a_path_in_the_root_folder_has_one_slash() -> None:
    assert deploy(SERVERS["haproxy"], MATERIAL, "/").snippets[0].lines == ("bind :443 ssl crt /a.com.pem",)


def test_a_wildcard_is_quoted_and_a_strange_name_never_becomes_a_command() -> None:
    def line(domain: str) -> str:
        return deploy(SERVERS["plesk"], MATERIAL._replace(domain=domain), "/x").snippets[0].lines[1]

    assert line("*.a.com") == "plesk bin site --update '*.a.com' -ssl true -certificate-name a.com"
    assert line("www.a.com") == "plesk bin site --update a.com -ssl true -certificate-name a.com"
    for bad in ("$(reboot)", "", "a b", "-x", "a.com\nreboot", "a;b"):
        assert line(bad) == "plesk bin site --update DOMAIN -ssl true -certificate-name a.com"


def test_the_thumbprint_is_that_of_windows() -> None:
    shown = deploy(SERVERS["exchange"], MATERIAL, "/x", ENCRYPTION).snippets[0].lines[1]
    from cryptography.hazmat.primitives import hashes

    digits = MATERIAL.certificates[0].fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - as Windows has it
    assert f"-Thumbprint {digits} " in shown


@table(("server", "owner"), [("postfix", "_25._tcp"), ("exim", "_25._tcp"), ("dovecot", "_993._tcp")])
def test_mail_servers_have_the_tlsa_record_of_the_key(server: str, owner: str) -> None:
    def line(name: str) -> str:
        plan = plan_files(SERVERS[server], "a.com", name, MATERIAL.certificates, "/x")
        return next(line for snippet in plan.snippets for line in snippet.lines if "TLSA" in line)

    assert line("mail.a.com") == f"{owner}.mail.a.com. IN TLSA 3 1 1 {SPKI}"
    for not_a_host in ("*.a.com", "Jane Doe", "$(reboot)"):
        assert line(not_a_host) == f"{owner}.HOST. IN TLSA 3 1 1 {SPKI}"


def test_a_path_that_the_configuration_cannot_represent_is_refused() -> None:
    with pytest.raises(InputError, match="cannot represent"):
        deploy(SERVERS["postfix"], MATERIAL, "/a b")
    deployment = deploy(SERVERS["nginx"], MATERIAL, "/a b")
    assert deployment.snippets[0].lines[1] == 'ssl_certificate "/a b/a.com.crt";'


def test_pkcs12_requires_a_passphrase() -> None:
    with pytest.raises(ValueError, match="passphrase"):
        deploy(SERVERS["iis"], MATERIAL, "/x")
    with pytest.raises(InputError, match="empty passphrase"):
        deploy(SERVERS["iis"], MATERIAL, "/x", Pkcs12Encryption(Secret("")))


@table("key_type", [KeyType.RSA_2048, KeyType.EC_P384, KeyType.ED25519])
@table("strength", Strength)
def test_pkcs12_contains_every_supported_key(key_type: KeyType, strength: Strength) -> None:
    deployment = deploy(SERVERS["iis"], material(key_type), "/x", replace(ENCRYPTION, strength=strength))
    opened = load_pkcs12(deployment.files[0].data, ENCRYPTION.passphrase.encoded)
    assert opened.key is not None
    assert key_types.type_of(opened.key.public_key()) is key_type  # type: ignore[arg-type]


def test_pkcs12_refuses_an_unsupported_key() -> None:
    with pytest.raises(InputError, match="cannot write a PKCS #12 file with this type of key"):
        deploy(SERVERS["iis"], material(KeyType.ML_DSA_44), "/x", ENCRYPTION)


# The stored chain


def test_the_chain_is_read_without_its_root() -> None:
    leaf, between, top = certificate_of(), intermediate().certificate, root().certificate
    assert read_chain(pem(leaf, between, top)) == (leaf, between)


def test_a_self_signed_leaf_is_sent() -> None:
    top = root()
    assert read_chain(pem(top.certificate)) == (top.certificate,)


@table("platform", SERVERS)
def test_a_key_that_does_not_match_the_certificate_makes_no_file(platform: str) -> None:
    mixed = material(KeyType.EC_P256)._replace(key=key_types.generate(KeyType.EC_P256))
    with pytest.raises(RefusedError, match=r"the key and the certificate of a\.com do not match"):
        deploy(SERVERS[platform], mixed, "/x", ENCRYPTION)


@table("data", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_data_that_is_not_a_certificate_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_chain(data)


def test_a_peculiar_ca_certificate_is_read_or_refused_without_a_warning() -> None:
    leaf, above = certificate_of(), intermediate()
    with pytest.warns(UserWarning, match="length"):  # noqa: PT031 - each of them warns
        long = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x" * 100, _validate=False)])
        odd = build(long, above.certificate.public_key(), above, [])
    assert len(read_chain(pem(leaf, odd))) == 2
    other_version = leaf.public_bytes(Encoding.DER).replace(
        b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", 1
    )
    with pytest.raises(InputError, match="cannot be read"):
        read_chain(wrap("CERTIFICATE", other_version))


def test_a_certificate_with_an_unknown_curve_is_refused() -> None:
    p256, unknown = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d030177")
    der = certificate_of().public_bytes(Encoding.DER)
    assert p256 in der
    with pytest.raises(InputError, match="cannot be read"):
        read_chain(wrap("CERTIFICATE", der.replace(p256, unknown)))
