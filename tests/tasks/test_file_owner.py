"""The owner of a server's file: only files of the pair are replaced, and only a consistent set is put back."""

from __future__ import annotations

from certificates_made import build, intermediate, named, pem, root
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from foreign_made import OPENSSH_ENCRYPTED, PHRASE, ec_key, pkcs8
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from csrtui.core.base.secret import Secret
from csrtui.core.keys.key_types import spki_sha256
from csrtui.core.servers.server import SERVER_FILES, ServerFile
from csrtui.store.package_data import servers
from csrtui.tasks.server_files import FileContent, FileOwner, is_one_set, owner_of, read_content

OWN, OTHER = ec_key(1), ec_key(2)
OWN_SPKI, OTHER_SPKI = (spki_sha256(key.public_key()) for key in (OWN, OTHER))
CERTIFICATE, OTHER_CERTIFICATE = (
    build(named(name), key.public_key(), intermediate(), [])
    for name, key in (("a.com", OWN), ("b.com", OTHER))
)
CA_CERTIFICATES = (intermediate().certificate, root().certificate)
CA_SPKI = spki_sha256(intermediate().certificate.public_key())
PFX = pkcs12.serialize_key_and_certificates(
    None, OWN, CERTIFICATE, CA_CERTIFICATES, BestAvailableEncryption(PHRASE)
)
LOCKED = pkcs8(OWN, passphrase=PHRASE)
SECRET = Secret(PHRASE.decode())

NOTHING = FileContent(None)
NOT_KNOWN = FileContent(None, is_locked=True)
FULL_CHAIN, LEAF = SERVER_FILES["full-chain"], SERVER_FILES["certificate"]
CHAIN, KEY = SERVER_FILES["chain"], SERVER_FILES["key"]
P12_FILE = ServerFile("keystore", ".p12")
FILES = sorted({file for server in servers().values() for file in server.files}, key=str)


@table(
    ("data", "passphrase", "content"),
    [
        (pkcs8(OWN), None, FileContent(OWN_SPKI)),
        (pem(CERTIFICATE, *CA_CERTIFICATES), None, FileContent(OWN_SPKI)),
        (pem(*CA_CERTIFICATES), None, FileContent(CA_SPKI)),
        (pem(OTHER_CERTIFICATE) + pkcs8(OWN), None, FileContent(OWN_SPKI)),
        (pkcs8(OWN) * 2, None, FileContent(OWN_SPKI)),
        (pkcs8(OWN) + pkcs8(OTHER), None, NOTHING),
        (LOCKED, None, NOT_KNOWN),
        (LOCKED, SECRET, FileContent(OWN_SPKI)),
        (LOCKED, Secret("another"), NOTHING),
        (LOCKED + pem(CERTIFICATE), None, NOT_KNOWN),
        (LOCKED + pkcs8(OTHER), None, NOT_KNOWN),
        (PFX, None, NOT_KNOWN),
        (PFX, SECRET, FileContent(OWN_SPKI)),
        (PFX, Secret("another"), NOTHING),
        (OPENSSH_ENCRYPTED, None, NOTHING),
        (OPENSSH_ENCRYPTED + pem(CERTIFICATE), None, NOTHING),
        (b"", None, NOTHING),
        (b"ssl_certificate /etc/ssl/a.com.crt;\n", None, NOTHING),
    ])  # fmt: skip
def test_a_file_belongs_to_its_key_or_without_one_to_its_first_certificate(
    data: bytes, passphrase: Secret | None, content: FileContent
) -> None:
    assert read_content(data, passphrase) == content


@table(
    ("data", "passphrase", "content"),
    [
        (pem(CERTIFICATE, *CA_CERTIFICATES), None, NOTHING),
        (pem(CERTIFICATE) + pkcs8(OWN), None, FileContent(OWN_SPKI)),
        (PFX, None, NOT_KNOWN),
        (PFX, SECRET, FileContent(OWN_SPKI)),
    ],
)
def test_a_certificate_does_not_show_the_owner_of_a_key_file(
    data: bytes, passphrase: Secret | None, content: FileContent
) -> None:
    assert read_content(data, passphrase, requires_key=True) == content


@table("file", FILES)
def test_a_file_has_one_owner_and_a_chain_has_the_owner_of_the_other_files(file: ServerFile) -> None:
    lineage = frozenset({"renewed", OWN_SPKI})

    def owner(content: FileContent) -> FileOwner:
        return owner_of(file, content, lineage)

    assert owner(FileContent(OWN_SPKI)) is owner(FileContent("renewed")) is FileOwner.SAME
    assert owner(FileContent(OTHER_SPKI)) is (FileOwner.SAME if file == CHAIN else FileOwner.OTHER)
    assert owner(NOTHING) is FileOwner.OTHER
    assert owner(NOT_KNOWN) is FileOwner.UNKNOWN


OWN_FILE, OTHER_FILE, CA_FILE = map(FileContent, (OWN_SPKI, OTHER_SPKI, CA_SPKI))


@table(
    ("files", "contents", "fits"),
    [
        ((FULL_CHAIN, KEY), {".crt": OWN_FILE, ".key": OWN_FILE}, True),
        ((FULL_CHAIN, KEY), {".crt": OWN_FILE, ".key": OTHER_FILE}, False),
        ((FULL_CHAIN, KEY), {".crt": OWN_FILE, ".key": NOT_KNOWN}, False),
        ((FULL_CHAIN, KEY), {".crt": OWN_FILE, ".key": NOTHING}, False),
        ((FULL_CHAIN, KEY), {".crt": NOTHING, ".key": NOTHING}, False),
        ((FULL_CHAIN, KEY), {".crt": OWN_FILE}, False),
        ((FULL_CHAIN, KEY), {".key": OWN_FILE}, True),
        ((FULL_CHAIN, KEY), {}, False),
        ((LEAF, CHAIN, KEY), {".crt": OWN_FILE, ".chain.crt": CA_FILE, ".key": OWN_FILE}, True),
        ((LEAF, CHAIN, KEY), {".crt": OWN_FILE, ".chain.crt": NOTHING, ".key": OWN_FILE}, True),
        ((LEAF, CHAIN, KEY), {".chain.crt": CA_FILE}, False),
        ((P12_FILE,), {".p12": NOT_KNOWN}, True),
        ((P12_FILE,), {".p12": OWN_FILE}, True),
        ((P12_FILE,), {".p12": NOTHING}, False),
    ],
)
def test_files_are_one_set_if_all_except_the_chain_have_one_key(
    files: tuple[ServerFile, ...], contents: dict[str, FileContent], *, fits: bool
) -> None:
    assert is_one_set(files, contents) is fits


@given(
    st.binary(), st.lists(st.sampled_from([pkcs8(OWN), LOCKED, pem(CERTIFICATE), pem(*CA_CERTIFICATES), PFX]))
)
def test_content_without_the_key_or_certificate_of_a_pair_is_never_attributed_to_it(
    noise: bytes, parts: list[bytes]
) -> None:
    content = read_content(noise + b"\n".join(parts))
    assert content.spki in {None, OWN_SPKI, CA_SPKI}
    assert owner_of(KEY, content, frozenset({OTHER_SPKI})) is not FileOwner.SAME
