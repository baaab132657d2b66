"""Files that are recognised and not read: archives, documents, keystores of other programs; what to do with them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is recognised by how it begins.

    Attributes:
        name: With its article.
        hint: What to do with such a file.
        holds_key: Whether it is made for private keys.
    """

    name: str
    hint: str
    holds_key: bool = False


_STORES: Final = "-srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12 converts it"
_JKS: Final = f"keytool -importkeystore {_STORES}"
_JCEKS: Final = f"keytool -importkeystore -srcstoretype JCEKS {_STORES}"
_BEGINNINGS: Final = (
    (b"PK\x03\x04", Format("a ZIP archive", "unpack it first: unzip FILE")),
    (b"PK\x05\x06", Format("an empty ZIP archive", "ask for the file again")),
    (
        b"\x1f\x8b",
        Format("a gzip archive", "unpack it first: gunzip FILE, or tar xzf FILE for a .tar.gz or .tgz"),
    ),
    (b"BZh", Format("a bzip2 archive", "unpack it first: bunzip2 FILE")),
    (b"\xfd7zXZ\0", Format("an xz archive", "unpack it first: unxz FILE")),
    (b"\x28\xb5\x2f\xfd", Format("a zstd archive", "unpack it first: unzstd FILE")),
    (b"7z\xbc\xaf\x27\x1c", Format("a 7z archive", "unpack it first: 7z x FILE")),
    (b"Rar!\x1a\x07", Format("a RAR archive", "unpack it first: unrar x FILE")),
    (b"MSCF\0\0\0\0", Format("a CAB archive", "unpack it first: cabextract FILE")),
    (
        b"%PDF-",
        Format("a PDF document", "ask for the certificate as a file, or copy its text from BEGIN to END"),
    ),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Format("an Outlook message or an old Office document", "open it and save the certificate as a file"),
    ),
    (b"{\\rtf", Format("an RTF document", "open it and save the text as plain text")),
    (b"\xfe\xed\xfe\xed", Format("a Java keystore (JKS)", _JKS, holds_key=True)),
    (
        b"\xce\xce\xce\xce",
        Format("a Java keystore (JCEKS)", _JCEKS, holds_key=True),
    ),
    (
        b"PuTTY-User-Key-File-",
        Format(
            "a key of PuTTY",
            "puttygen FILE -O private-openssh -o NEW --new-passphrase /dev/null writes it for csrtui adopt; delete NEW afterwards",
            holds_key=True,
        ),
    ),
    (
        b"age-encryption.org/v1",
        Format("a file encrypted with age", "age -d -i IDENTITY FILE > NEW decrypts it"),
    ),
    (
        b"-----BEGIN AGE ENCRYPTED FILE",
        Format("a file encrypted with age", "age -d -i IDENTITY FILE > NEW decrypts it"),
    ),
    (b"-----BEGIN PGP MESSAGE", Format("a message encrypted with OpenPGP", "gpg -d FILE > NEW decrypts it")),
)
_ZLIB: Final = Format(
    "compressed data (zlib, deflate)",
    "unpack it first: python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))' < FILE > NEW",
)
_TAR: Final = Format("a tar archive", "unpack it first: tar xf FILE")
_TAR_MAGIC_AT: Final = 257


def recognise(data: bytes) -> Format | None:
    """Return the format of a file that has to be converted or unpacked first, or None."""
    for beginning, known in _BEGINNINGS:
        if data.startswith(beginning):
            return known
    if data[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar":
        return _TAR
    # RFC 1950, 2.2: the two octets of the header are a multiple of 31; text has no such second octet
    if data[:1] == b"x" and data[1:2] in {b"\x01", b"\x9c", b"\xda"} and int.from_bytes(data[:2]) % 31 == 0:
        return _ZLIB
    return None
