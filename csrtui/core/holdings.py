"""What a file that somebody else made holds: private keys, CSRs, certificates, in whatever order and form.

Nothing is opened here beyond PEM's base64 and the first tags of DER.
"""

from dataclasses import dataclass, field

from csrtui.core import certificate_bytes, existing_bytes, foreign_key
from csrtui.core.errors import InputError
from csrtui.core.existing_bytes import BlockKind, contents_of, has_sections, sections, text_of
from csrtui.core.foreign_key import Envelope, ForeignKey
from csrtui.core.visible import visible

MAX_SECTIONS = 1000
"""The most sections of PEM taken from one file: more than any list of trusted CAs has."""

_REQUESTS = frozenset({b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST"})
_SEQUENCE, _INTEGER, _OBJECT_IDENTIFIER = 0x30, 0x02, 0x06
_UNREADABLE_KEYS = (
    (b"\xfe\xed\xfe\xed", "it is a Java keystore (JKS)"),
    (b"\xce\xce\xce\xce", "it is a Java keystore (JCEKS)"),
    (b"PuTTY-User-Key-File-", "it is a key of PuTTY"),
)
_JAVA = "keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype pkcs12"


@dataclass(slots=True)
class Holdings:
    """What a file holds.

    Attributes:
        keys: Private keys, not opened.
        requests: CSRs, DER.
        certificates: Certificates, DER.
        faults: What in it could not be read, an error each.
    """

    keys: list[ForeignKey] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    certificates: list[bytes] = field(default_factory=list)
    faults: list[InputError] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything in it, be it only a fault."""
        return bool(self.keys or self.requests or self.certificates or self.faults)


def read_holdings(data: bytes) -> Holdings:
    """Return what a file holds; nothing where it is none of this. Never raises, whatever the bytes.

    Args:
        data: PEM with anything around it, also in UTF-16 as Windows writes it; or DER of a key, a CSR, a
            certificate, PKCS #7 or PKCS #12.
    """
    found = Holdings()
    for beginning, what in _UNREADABLE_KEYS:
        if data.startswith(beginning):
            hint = _JAVA if "Java" in what else "puttygen FILE -O private-openssh-new -o NEW"
            found.faults.append(InputError(f"{what}, which is not read here", hint))
            return found
    text = text_of(data)
    if has_sections(text):
        _read_pem(text, found)
    elif data[:1] == bytes([_SEQUENCE]):
        try:
            _read_der(data, found)
        except InputError as error:
            found.faults.append(error)
    return found


def _read_pem(text: bytes, found: Holdings) -> None:
    for count, (label, body) in enumerate(sections(text)):
        if count == MAX_SECTIONS:
            found.faults.append(InputError(f"more than its first {MAX_SECTIONS} parts are not read"))
            return
        if b"PRIVATE KEY" in label or label in _REQUESTS or certificate_bytes.is_label(label):
            try:
                _read_section(label, body, found)
            except InputError as error:
                found.faults.append(error)


def _read_section(label: bytes, body: bytes | None, found: Holdings) -> None:
    if label in _REQUESTS:
        found.requests.append(existing_bytes.der_of(BlockKind.REQUEST.value, body))
    elif b"PRIVATE KEY" not in label:
        found.certificates += certificate_bytes.in_section(label, body)
    else:
        what = visible(label.decode("ascii"))
        if body is None:
            raise InputError(f"the {what} is cut short: its END line is missing", "copy it again, all of it")
        key = foreign_key.in_section(label, body)
        if key is None:
            raise InputError(f"a {what} is not read here")
        found.keys.append(key)


def _read_der(data: bytes, found: Holdings) -> None:
    """Tell by the first tags within (see `existing_bytes`)."""
    outer = contents_of(data, 0)
    first = data[outer[0]] if outer else None
    if first == _OBJECT_IDENTIFIER:
        found.certificates += certificate_bytes.find_certificates(data)
    elif first == _INTEGER:
        from csrtui.core import pkcs12_bytes

        envelope = Envelope.PKCS12 if pkcs12_bytes.is_pkcs12(data) else Envelope.PLAIN
        found.keys.append(ForeignKey(envelope, data))
    elif existing_bytes.is_private_der(data):
        found.keys.append(ForeignKey(Envelope.ENCRYPTED, data))
    else:
        (block,) = existing_bytes.find_blocks(data)
        kept = found.requests if block.kind is BlockKind.REQUEST else found.certificates
        kept.append(block.der)
