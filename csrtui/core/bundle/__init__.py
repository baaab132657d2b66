"""The one reader of files that contain keys, CSRs and certificates, in whatever form they arrive.

    material = bundle.read(data, passphrase)
    material.keys           private keys, opened
    material.requests       CSRs
    material.certificates   certificates
    material.problems       what could not be read, and why

It reads PEM with anything around it (mail, HTML, JSON, YAML, XML, word processors), base64 without BEGIN and END
lines, DER, BER, PKCS #7, PKCS #8, PKCS #12, PKCS #1, SEC 1, RFC 1421 encryption and OpenSSH's format. What a block is,
its structure says, not its label. One item that cannot be read hides no other: it becomes a problem that names it.

`read` raises nothing for any bytes, and does bounded work. Keys are checked for weaknesses elsewhere
(`csrtui.core.advice.key_rules.key_quality`), and so is the signature of a CSR (`csrtui.core.certificates.csr.signature_holds`):
both take what is returned here.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from csrtui.core.base import asn1
from csrtui.core.base.errors import CsrtuiError, InputError
from csrtui.core.base.escaping import visible
from csrtui.core.base.secret import Secret
from csrtui.core.bundle import formats, items, pbe, pfx, private_key, text
from csrtui.core.bundle.items import (
    MAX_ITEMS,
    NOUNS,
    SIGNED,
    Item,
    Structure,
    broken,
    der_blocks,
    first_blocks,
    is_private_beginning,
    is_truncated_der,
    item_of,
    kind_of,
    noun_of,
)
from csrtui.core.bundle.material import BundleKey, KeyMaterial, Problem, ProblemKind
from csrtui.core.certificates import certificate
from csrtui.core.certificates import csr as request
from csrtui.core.certificates.certificate import Certificate

if TYPE_CHECKING:
    from csrtui.core.certificates.csr import Request

__all__ = [
    "MAX_BYTES",
    "MAX_ITEMS",
    "MAX_KEYS",
    "MAX_PROBLEMS",
    "BundleKey",
    "KeyMaterial",
    "Problem",
    "ProblemKind",
    "no_certificate",
    "read",
    "read_certificates",
    "refuse_private_key",
]

MAX_BYTES = 1024 * 1024
"""The most bytes that are read; far more than any chain has."""
MAX_PROBLEMS = 20
"""The most problems that are described."""
MAX_KEYS = 50
"""The most private keys that are opened."""

_AGAIN = "copy it again, all of it"


def read(data: bytes, passphrase: Secret | None = None, *, open_keys: bool = True) -> KeyMaterial:
    """Return the keys, CSRs and certificates in a file, and what could not be read.

    Args:
        data: The file.
        passphrase: Of keys and PKCS #12 that need one; an empty one is tried anyway.
        open_keys: Whether private keys are opened; where not, only `KeyMaterial.has_private_key` tells of them.
    """
    reader = _Reader(passphrase, open_keys=open_keys)
    reader.read(data)
    return reader.material()


def read_certificates(data: bytes) -> list[Certificate]:
    """Return the certificates in a file of which all have to be readable, at least one.

    Raises:
        InputError: There is none, there is a private key, or something cannot be read.
    """
    material = read(data, open_keys=False)
    refuse_private_key(material)
    if material.problems:
        raise material.problems[0].error
    if not material.certificates:
        raise no_certificate(material)
    return list(material.certificates)


def refuse_private_key(material: KeyMaterial) -> None:
    """Refuse what contains a private key where none belongs.

    Raises:
        InputError: It does.
    """
    if not material.has_private_key:
        return
    problem = next((problem for problem in material.problems if problem.kind is ProblemKind.KEY), None)
    if problem is not None:
        raise problem.error
    raise InputError("that is a private key: it stays where it is", "give a CSR or a certificate")


def no_certificate(material: KeyMaterial) -> InputError:
    """Return the error for a file without a certificate."""
    hint = "give what the CA sent: PEM, DER or PKCS #7"
    if material.requests:
        return InputError("that is a certificate request, not the certificate that the CA made of it", hint)
    return InputError("there is no certificate in it", hint)


class _Reader:
    def __init__(self, passphrase: Secret | None, *, open_keys: bool) -> None:
        self._passphrase, self._open_keys = passphrase, open_keys
        self._keys: list[BundleKey] = []
        self._requests: dict[bytes, Request] = {}
        self._certificates: dict[bytes, Certificate] = {}
        self._problems: list[Problem] = []
        self._has_private_key = False

    def material(self) -> KeyMaterial:
        return KeyMaterial(
            tuple(self._keys),
            tuple(self._requests.values()),
            tuple(self._certificates.values()),
            self._first_problems(),
            self._has_private_key,
        )

    def _first_problems(self) -> tuple[Problem, ...]:
        problems = tuple(dict.fromkeys(self._problems))
        rest = len(problems) - MAX_PROBLEMS
        if rest <= 0:
            return problems
        return (*problems[:MAX_PROBLEMS], Problem(ProblemKind.FILE, f"{rest} more items cannot be read"))

    def read(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            self._add_problem(
                ProblemKind.FILE,
                f"there are more than {MAX_BYTES} bytes in it, which is too much",
                "give a file with keys, CSRs or certificates only",
            )
            return
        if not data.strip(b"\0\t\n\v\f\r "):
            self._add_problem(ProblemKind.FILE, "there is nothing in it", "give a file with content")
            return
        known = formats.recognise(data)
        if known is not None:
            self._has_private_key |= known.holds_key
            self._add_problem(
                ProblemKind.KEY if known.holds_key else ProblemKind.FILE, f"this is {known.name}", known.hint
            )
            return
        blocks = list(der_blocks(data)) if data[:1] == b"0" else []
        decoded = "" if blocks else text.decode(data)
        blocks = blocks or first_blocks(text.blocks_in(decoded))
        self._has_private_key = text.names_private_key(decoded)
        self._decode(blocks)
        if not blocks and data[:1] == b"0":
            self._has_private_key |= is_private_beginning(data)
            self._explain_der(data)

    def _explain_der(self, data: bytes) -> None:
        """Say why bytes that begin as DER cannot be read; text may begin with the same octet."""
        try:
            asn1.to_der(data)
        except asn1.BerError as error:
            if is_truncated_der(data):
                self._add_problem(ProblemKind.FILE, broken("the file", error), _AGAIN)

    def _decode(self, blocks: Iterable[text.EncodedBlock]) -> None:
        items = [item_of(block) for block in blocks]
        self._has_private_key |= any(item.is_private for item in items)
        if self._has_private_key and not self._open_keys:
            return  # nothing beside a private key is decoded where none belongs
        if len(items) > MAX_ITEMS:
            self._add_problem(ProblemKind.FILE, f"more than its first {MAX_ITEMS} items are not read")
        self._totals = {kind: sum(item.structure is kind for item in items) for kind in Structure}
        self._counts = dict.fromkeys(Structure, 0)
        for item in items[:MAX_ITEMS]:
            self._counts[item.structure] += 1
            self._decode_item(item)

    def _decode_item(self, item: Item) -> None:
        kind = kind_of(item)
        try:
            if item.block.fault:
                raise InputError(f"the {noun_of(item)} {item.block.fault}", _AGAIN)
            self._read_item(item)
        except pbe.LockedError as error:
            self._add_problem(ProblemKind.LOCKED, error.what, error.hint, item.block.path)
        except CsrtuiError as error:
            self._add_problem(kind, self._placed(item, error.what), error.hint, item.block.path)

    def _placed(self, item: Item, message: str) -> str:
        """What is wrong, with the place in the file where there are several, and the subject where it can be read."""
        noun = NOUNS[item.structure]
        total = self._totals[item.structure]
        where = f"{noun} {self._counts[item.structure]} of {total}" if total > 1 else ""
        subject = _subject(item) if item.structure in SIGNED else ""
        if not where and not subject:
            return message
        name = f"{where or f'the {noun}'}{f' ({subject})' if subject else ''}"
        start = f"the {noun} "
        return f"{name} {message.removeprefix(start)}" if message.startswith(start) else f"{name}: {message}"

    def _read_item(self, item: Item) -> None:
        match item.structure:
            case Structure.CERTIFICATE:
                self._add_certificate(item.der)
            case Structure.REQUEST:
                csr = request.read_der(item.der)
                self._requests.setdefault(csr.der, csr)
            case Structure.PKCS7:
                self._read_pkcs7(item)
            case Structure.PKCS12:
                self._read_pfx(item)
            case _:
                self._read_key(item)

    def _add_certificate(self, der: bytes) -> None:
        if der not in self._certificates:
            self._certificates[der] = certificate.read_der(der)

    def _read_pkcs7(self, item: Item) -> None:
        root = asn1.read_node(item.der)
        encoded = items.certificates_in(root)
        for number, der in enumerate(encoded[:MAX_ITEMS], 1):
            try:
                self._add_certificate(der)
            except CsrtuiError as error:
                subject = _subject(Item(Structure.CERTIFICATE, der, item.block))
                whose = f" ({subject})" if subject else ""
                message = error.what.removeprefix("the certificate ")
                place = f"certificate {number} of {len(encoded)}{whose} in the PKCS #7"
                self._add_problem(ProblemKind.CERTIFICATE, f"{place} {message}", error.hint)

    def _read_pfx(self, item: Item) -> None:
        if not self._open_keys and pfx.SHROUDED_KEY_MARK in item.der:
            self._has_private_key = True
            raise _key_in_pfx()
        contents = pfx.read_pfx(item.der, self._passphrase)
        self._has_private_key |= bool(contents.keys)
        if contents.keys and not self._open_keys:
            raise _key_in_pfx()
        for problem in contents.problems:
            self._add_problem(ProblemKind.KEY, problem.what, problem.hint)
        for der in contents.keys:
            try:
                self._add_key(BundleKey(private_key.load(der), contents.is_encrypted, item.block.path))
            except CsrtuiError as error:
                self._add_problem(ProblemKind.KEY, error.what, error.hint)
        for number, der in enumerate(contents.certificates, 1):
            try:
                self._add_certificate(der)
            except CsrtuiError as error:
                message = error.what.removeprefix("the certificate ")
                place = f"certificate {number} of {len(contents.certificates)} in the PKCS #12"
                self._add_problem(ProblemKind.CERTIFICATE, f"{place} {message}", error.hint)

    def _read_key(self, item: Item) -> None:
        block, body = item.block, item.der
        if block.cipher is not None:
            key = private_key.open_pem_encrypted(*block.cipher, body, self._passphrase)
        elif body.startswith(private_key.OPENSSH_MAGIC) or "OPENSSH" in block.label:
            self._add_key(
                BundleKey(
                    private_key.open_openssh(body), is_encrypted=False, path=block.path, is_openssh=True
                )
            )
            return
        elif item.structure is Structure.ENCRYPTED_PRIVATE_KEY:
            key = private_key.open_encrypted(body, self._passphrase)
        elif item.structure is Structure.PRIVATE_KEY:
            key = private_key.load(body)
        else:
            raise _unknown(item)
        is_encrypted = block.cipher is not None or item.structure is Structure.ENCRYPTED_PRIVATE_KEY
        has_passphrase = self._passphrase is not None and bool(self._passphrase.encoded)
        self._add_key(BundleKey(key, is_encrypted and has_passphrase, block.path))

    def _add_key(self, key: BundleKey) -> None:
        if len(self._keys) >= MAX_KEYS:
            raise InputError(f"more than {MAX_KEYS} private keys are not read")
        self._keys.append(key)

    def _add_problem(self, kind: ProblemKind, message: str, hint: str | None = None, path: str = "") -> None:
        self._problems.append(Problem(kind, message, hint, path))


def _key_in_pfx() -> InputError:
    return InputError(
        "there is a private key in the PKCS #12, and only certificates are wanted",
        "openssl pkcs12 -in FILE -nokeys -out certificates.pem takes the certificates out",
    )


def _subject(item: Item) -> str:
    return certificate.subject_in(item.der, is_request=item.structure is Structure.REQUEST)


def _unknown(item: Item) -> InputError:
    """Why a labelled block is not what its label says."""
    label = visible(item.block.label)
    noun = noun_of(item)
    if "TSS2" in label:
        return InputError(
            f"the {label} is sealed in a TPM and cannot leave it", "make a new pair with csrtui new"
        )
    if not item.der.startswith(b"0"):
        if "KEY" in label:
            return InputError(f"a {label} of this kind is not supported: it does not contain DER")
        return InputError(f"the {noun} is damaged: it does not contain DER", _AGAIN)
    try:
        asn1.to_der(item.der)
    except asn1.BerError as error:
        return InputError(broken(f"the {noun}", error), _AGAIN)
    return InputError(f"the {noun} is not what its label says: its structure is of another kind")
