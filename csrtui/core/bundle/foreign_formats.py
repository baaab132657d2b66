"""Recognize files with other contents, or with keys in foreign formats, to give a hint for each."""

import re
from typing import Final, NamedTuple

from csrtui.core.base import asn1


class ForeignFormat(NamedTuple):
    """A format that can be recognized by its first octets.

    Attributes:
        magic: The first octets.
        name: The name of the format, with its article.
        hint: An instruction to convert or unpack the file.
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
_PICTURE: Final = "ask the sender for the file, or for its text"
FORMATS: Final = (
    ForeignFormat(b"PK\x03\x04", "a ZIP archive", "unpack it first: unzip FILE"),
    ForeignFormat(b"PK\x05\x06", "an empty ZIP archive", "ask the sender for the file again"),
    ForeignFormat(
        b"\x1f\x8b", "a gzip archive",
        "unpack it first: gunzip FILE, or tar xzf FILE for a .tar.gz or .tgz",
    ),
    ForeignFormat(b"BZh", "a bzip2 archive", "unpack it first: bunzip2 FILE"),
    ForeignFormat(b"\xfd7zXZ\x00", "an xz archive", "unpack it first: unxz FILE"),
    ForeignFormat(b"(\xb5/\xfd", "a zstd archive", "unpack it first: unzstd FILE"),
    ForeignFormat(b"7z\xbc\xaf'\x1c", "a 7z archive", "unpack it first: 7z x FILE"),
    ForeignFormat(b"Rar!\x1a\x07", "a RAR archive", "unpack it first: unrar x FILE"),
    ForeignFormat(b"MSCF\x00\x00\x00\x00", "a CAB archive", "unpack it first: cabextract FILE"),
    ForeignFormat(
        b"%PDF-", "a PDF document",
        "ask for the certificate as a file, or copy its text from BEGIN to END",
    ),
    ForeignFormat(
        _OFFICE, "an Outlook message or an old Office document",
        "open it and save the certificate as a file",
    ),
    ForeignFormat(b"{\\rtf", "an RTF document", "open it and save the text as plain text"),
    ForeignFormat(b"\xfe\xed\xfe\xed", "a Java keystore (JKS)", _JKS, holds_key=True),
    ForeignFormat(b"\xce\xce\xce\xce", "a Java keystore (JCEKS)", _JCEKS, holds_key=True),
    ForeignFormat(
        b"PuTTY-User-Key-File-", "a PuTTY key",
        "puttygen FILE -O private-openssh -o NEW --new-passphrase /dev/null converts it for csrtui adopt; delete NEW afterwards", holds_key=True,
    ),
    ForeignFormat(b"age-encryption.org/v1", "a file encrypted with age", "age -d -i IDENTITY FILE > NEW decrypts it"),
    ForeignFormat(
        b"-----BEGIN AGE ENCRYPTED", "a file encrypted with age",
        "age -d -i IDENTITY FILE > NEW decrypts it",
    ),
    ForeignFormat(b"\x89PNG\r\n\x1a\n", "a picture (PNG)", _PICTURE),
    ForeignFormat(b"\xff\xd8\xff", "a picture (JPEG)", _PICTURE),
    ForeignFormat(
        b"-----BEGIN PGP PRIVATE KEY", "an OpenPGP key",
        "make a pair with csrtui new: CAs do not certify OpenPGP keys", holds_key=True,
    ),
    ForeignFormat(b"-----BEGIN PGP MESSAGE", "a message encrypted with OpenPGP", "gpg -d FILE > NEW decrypts it"),
)  # fmt: skip
_ZIP: Final = b"PK\x03\x04"
_OFFICE_MARKS: Final = (b"[Content_Types].xml", b"mimetypeapplication/vnd.oasis.opendocument")
_OFFICE_ZIP: Final = ForeignFormat(_ZIP, "an Office document", "open it, and save its text as plain text")
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
_CRL: Final = "a certificate revocation list (CRL)"
_TEXTS: Final = (
    (r"BEGIN X509 CRL", _CRL, ""),
    (r"BEGIN (?:[A-Z0-9]+ ){0,2}PUBLIC KEY|^(?:ssh|ecdsa)-[a-z0-9-]+ AAAA", "a public key", ""),
    (r"BEGIN [A-Z0-9 .]{2,20} ?PARAMETERS", "a file with key parameters", ""),
    (r"^AGE-SECRET-KEY-1", "an age identity", "verify and restore use it to open a backup (--identity)"),
    (r"^pkcs11:", "a reference to a key in a token (PKCS #11)", "make a pair with csrtui new"),
    (r"^SPKAC=", "a request of a web browser (SPKAC)", "make a pair with csrtui new"),
    (r'"kty"\s*:', "a JSON Web Key (JWK)", "export the key as PEM from the program that made it"),
    (
        r"^Content-(?:Disposition: *attachment|Type: *(?:multipart|application)/)",
        "an e-mail", "open it in a mail program, save its attachment, and give that",
    ),
    (r"^\s*<(?:!doctype )?html", "a web page", "download the file itself: the page may ask you to log in"),
    (
        r"^ *Certificate(?: Request)?:\n +Data:\n|^X\.509 Certificate Information:\n|^Owner: .*\nIssuer: ",
        "a description of a certificate or CSR, as openssl -text prints it", "copy the lines from BEGIN to END too",
    ),
    (r"\A\s*30[\s:]*8[0-3](?:[\s:]*[0-9a-f]{2}){40}", "a hexadecimal dump", "tr -d ': \\n' < FILE | xxd -r -p > NEW converts it"),
    (r"\A0{8}: +30 ?8[0-3]", "a hexadecimal dump", "xxd -r FILE > NEW converts it"),
    (r"\A0{6,8} +30 ?8[0-3]", "a hexadecimal dump", "sed 's/^[0-9a-f]* *//; s/[|>].*//' FILE | xxd -r -p > NEW converts it"),
    (r"\A *0:d=0 +hl=", "the output of openssl asn1parse", "give the original file"),
    (r"0x30, 0x8[0-3], 0x", "source code with a dump of a file", "give the original file"),
    (r'\A\ufeff?"?common[ _]name"?[,;\t\r\n]', "a table", "csrtui new --from FILE makes pairs from it"),
)  # fmt: skip
"""Texts without a key, CSR or certificate: a pattern, the name of the content, and a hint or ""."""
_MAX_TEXT: Final = 20_000


def describe_text(text: str) -> tuple[str, str] | None:
    """Return the name of a text's content and a hint (or ""), or None if the content is unknown.

    The text must not contain a key, CSR or certificate.
    """
    start = text[:_MAX_TEXT]
    for pattern, name, hint in _TEXTS:
        if re.search(pattern, start, re.IGNORECASE | re.MULTILINE):
            return name, hint
    return None


_ENUMERATED: Final = 0x0A
_TIMES: Final = ([0x17], [0x18])


def describe_der(data: bytes) -> str:
    """Return the name of the content of DER that has no key, CSR or certificate, or "" if it is unknown."""
    try:
        parts = asn1.read_node(data).children()
        if parts[0].tag == _ENUMERATED:
            return "an OCSP response: the state of a certificate, not the certificate"
        fields = parts[0].children()
        tags = [field.tag for field in fields if field.tag != asn1.INTEGER]
    except (asn1.BerError, IndexError):
        return ""
    is_crl = tags[:2] == [asn1.SEQUENCE] * 2 and tags[2:3] in _TIMES
    return _CRL if is_crl else ""


def recognize(data: bytes) -> ForeignFormat | None:
    """Return the format of a file that must be converted or unpacked first, or None for any other file."""
    if data.startswith(_ZIP) and any(mark in data[:_MAX_TEXT] for mark in _OFFICE_MARKS):
        return _OFFICE_ZIP
    for file_format in FORMATS:
        if data.startswith(file_format.magic):
            return file_format
    if data.startswith(_TAR.magic, _TAR_MAGIC_OFFSET):
        return _TAR
    return _ZLIB if data.startswith(_ZLIB_HEADERS) else None
