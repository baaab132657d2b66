"""Recognize files that must be converted or unpacked first: archives, documents and keystores of other programs."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ForeignFormat:
    """A format that is recognized by its first octets.

    Attributes:
        magic: The first octets.
        name: The name of the format, with its article.
        hint: The instruction for converting or unpacking the file.
        holds_key: Whether files of this format are meant to contain private keys.
    """

    magic: bytes
    name: str
    hint: str
    holds_key: bool = False


_CONVERT: Final = "-srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12 converts it"
_JKS: Final = f"keytool -importkeystore {_CONVERT}"
_JCEKS: Final = f"keytool -importkeystore -srcstoretype JCEKS {_CONVERT}"
_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FORMATS: Final = (
    ForeignFormat(b"PK\x03\x04", "a ZIP archive", "unpack it first: unzip FILE"),
    ForeignFormat(b"PK\x05\x06", "an empty ZIP archive", "ask the sender for the file again"),
    ForeignFormat(
        b"\x1f\x8b", "a gzip archive", "unpack it first: gunzip FILE, or tar xzf FILE for a .tar.gz or .tgz"
    ),
    ForeignFormat(b"BZh", "a bzip2 archive", "unpack it first: bunzip2 FILE"),
    ForeignFormat(b"\xfd7zXZ\0", "an xz archive", "unpack it first: unxz FILE"),
    ForeignFormat(b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it first: unzstd FILE"),
    ForeignFormat(b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first: 7z x FILE"),
    ForeignFormat(b"Rar!\x1a\x07", "a RAR archive", "unpack it first: unrar x FILE"),
    ForeignFormat(b"MSCF\0\0\0\0", "a CAB archive", "unpack it first: cabextract FILE"),
    ForeignFormat(
        b"%PDF-", "a PDF document", "ask for the certificate as a file, or copy its text from BEGIN to END"
    ),
    ForeignFormat(
        _OFFICE, "an Outlook message or an old Office document", "open it and save the certificate as a file"
    ),
    ForeignFormat(b"{\\rtf", "an RTF document", "open it and save the text as plain text"),
    ForeignFormat(b"\xfe\xed\xfe\xed", "a Java keystore (JKS)", _JKS, holds_key=True),
    ForeignFormat(b"\xce\xce\xce\xce", "a Java keystore (JCEKS)", _JCEKS, holds_key=True),
    ForeignFormat(
        b"PuTTY-User-Key-File-",
        "a PuTTY key",
        "puttygen FILE -O private-openssh -o NEW --new-passphrase /dev/null converts it for csrtui adopt; "
        "delete NEW afterwards",
        holds_key=True,
    ),
    ForeignFormat(
        b"age-encryption.org/v1", "a file encrypted with age", "age -d -i IDENTITY FILE > NEW decrypts it"
    ),
    ForeignFormat(
        b"-----BEGIN AGE ENCRYPTED", "a file encrypted with age", "age -d -i IDENTITY FILE > NEW decrypts it"
    ),
    ForeignFormat(
        b"-----BEGIN PGP MESSAGE", "a message encrypted with OpenPGP", "gpg -d FILE > NEW decrypts it"
    ),
)
_TAR: Final = ForeignFormat(b"ustar", "a tar archive", "unpack it first: tar xf FILE")
_TAR_MAGIC_OFFSET: Final = 257
_ZLIB: Final = ForeignFormat(
    b"x",
    "compressed data (zlib, deflate)",
    "unpack it first: python3 -c 'import sys, zlib; "
    "sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read()))' < FILE > NEW",
)
_ZLIB_HEADERS: Final = (b"x\x01", b"x\x9c", b"x\xda")
"""The headers of zlib data with a window of 32 KiB (RFC 1950, 2.2). The second octet never occurs in text."""


def recognize(data: bytes) -> ForeignFormat | None:
    """Return the format of a file that must be converted or unpacked first, or None."""
    for file_format in FORMATS:
        if data.startswith(file_format.magic):
            return file_format
    if data.startswith(_TAR.magic, _TAR_MAGIC_OFFSET):
        return _TAR
    return _ZLIB if data.startswith(_ZLIB_HEADERS) else None
