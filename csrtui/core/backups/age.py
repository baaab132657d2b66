"""Encrypt and decrypt age files (C2SP ``age``, version 1), to recipients only.

This module uses pyrage, which ``csrtui[age]`` installs, and imports it only when it is needed. It does not use age's
passphrase mode: scrypt needs half a gigabyte of memory, and the process dies if that is not available. It does not use
plugins either, because they are separate programs.
"""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from csrtui.core.backups.recipients import MAX_RECIPIENTS, Recipient, RecipientKind
from csrtui.core.base.errors import InputError, RefusedError

if TYPE_CHECKING:
    from types import ModuleType

MAX_BYTES: Final = 1024 * 1024
"""Maximum size in bytes of an age file that contains a backup."""
MAX_IDENTITY_BYTES: Final = 64 * 1024
"""Maximum size in bytes of an identity file."""
MAX_IDENTITIES: Final = 64

_VERSION_LINE = b"age-encryption.org/v1\n"
_ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----"
_PASSPHRASE_STANZA = b"\n-> scrypt "
_STANZAS: Final = {
    b"X25519": "age (X25519)",
    b"ssh-ed25519": "SSH (ed25519)",
    b"ssh-rsa": "SSH (RSA)",
    b"scrypt": "a passphrase",
}
"""The supported kinds of recipient, by the type of stanza (C2SP ``age``)."""
_USAGE = "give the file with the age identity or SSH private key that it was encrypted to"


def is_age(data: bytes) -> bool:
    """Return whether `data` begins like a binary or armored age file."""
    return data.startswith((_VERSION_LINE, _ARMOR))


def read_recipient_kinds(data: bytes) -> tuple[str, ...]:
    """Return the kind of each recipient of an age file, such as ``age (X25519)``, without decrypting the file.

    The kinds come from the header, which anyone can change. It does not name the recipients. The result is empty if the
    header cannot be read.
    """
    if data.startswith(_ARMOR):
        try:
            data = b64decode(b"".join(data.split(b"-----")[2].split()))
        except (IndexError, ValueError):
            return ()
    header, end, _ = data.partition(b"\n---")
    if not end or not header.startswith(_VERSION_LINE):
        return ()
    types = [line[3:].partition(b" ")[0] for line in header.splitlines() if line.startswith(b"-> ")]
    # age programs add a stanza of a random type that ends in -grease, so that all programs skip unknown types.
    return tuple(
        _STANZAS.get(kind, "another kind") for kind in types[:MAX_RECIPIENTS] if not kind.endswith(b"-grease")
    )


def is_installed() -> bool:
    """Return whether pyrage is installed."""
    from importlib.util import find_spec

    return find_spec("pyrage") is not None


def load_pyrage() -> "ModuleType":
    """Return the pyrage module.

    Raises:
        InputError: pyrage is not installed. The hint contains the command that installs it.
    """
    try:
        import pyrage
    except ImportError as error:
        raise InputError(
            "age files need the Python package pyrage, which is not installed here",
            "pip install 'csrtui[age]'",
        ) from error
    module: ModuleType = pyrage
    return module


def check_recipients(recipients: Sequence[Recipient]) -> None:
    """Check that pyrage can encrypt to each recipient.

    Raises:
        InputError: pyrage is not installed, or it refuses a recipient. The error names that recipient.
    """
    pyrage = load_pyrage()
    for recipient in recipients:
        _recipient_key(pyrage, recipient)


def encrypt(data: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Return `data` as a binary age file that each of the recipients can open alone.

    Raises:
        InputError: pyrage is not installed, or it refuses a recipient. The error names that recipient.
    """
    pyrage = load_pyrage()
    keys = [_recipient_key(pyrage, recipient) for recipient in recipients]
    with _convert_errors(pyrage):
        encrypted: bytes = pyrage.encrypt(data, keys)
    return encrypted


def decrypt(data: bytes, identities: bytes) -> bytes:
    """Return the contents of an age file.

    `identities` is the text of an age identity file, or an SSH private key without a passphrase.

    Raises:
        InputError: The file is not an age file, uses the passphrase mode or is damaged, the identities cannot be used,
            or pyrage is not installed.
        RefusedError: None of the identities opens the file.
    """
    _check_file(data)
    pyrage = load_pyrage()
    with _convert_errors(pyrage):
        decrypted: bytes = pyrage.decrypt(data, _read_identities(pyrage, identities))
    return decrypted


def _check_file(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise InputError(f"that is more than {MAX_BYTES} bytes, too much for a backup")
    if not is_age(data):
        raise InputError(
            "that is not an age file", "a backup to recipients has a name that ends in .backup.age"
        )
    if _PASSPHRASE_STANZA in data[: data.find(b"\n---") + 1]:
        raise InputError("the file uses age's passphrase mode, which is not supported", "age -d opens it")


def _recipient_key(pyrage: "ModuleType", recipient: Recipient) -> Any:
    """Return pyrage's key for a recipient, after a test, because pyrage refuses some keys only when it encrypts."""
    reader = pyrage.x25519.Recipient if recipient.kind is RecipientKind.AGE else pyrage.ssh.Recipient
    try:
        key = reader.from_str(recipient.text)
        pyrage.encrypt(b"", [key])
    except BaseException as error:
        if not isinstance(error, (pyrage.RecipientError, pyrage.EncryptError)) and not _is_panic(error):
            raise
        raise InputError(
            f"age cannot encrypt to the recipient {recipient.label}: the key is damaged, too weak or too large",
            "copy all of it again; or use another key (RSA: 2048 to 4096 bits)",
        ) from error
    return key


def _read_identities(pyrage: "ModuleType", data: bytes) -> list[Any]:
    if len(data) > MAX_IDENTITY_BYTES:
        raise InputError(f"the identity has more than {MAX_IDENTITY_BYTES} bytes", _USAGE)
    if is_age(data):
        raise InputError(
            "the identity file is itself encrypted with a passphrase",
            "decrypt it with age -d to a file in /dev/shm, give that file, and delete it",
        )
    if b"PRIVATE KEY-----" in data:
        return [_read_ssh_identity(pyrage, data)]
    lines = [line for line in map(bytes.strip, data.split(b"\n")) if line and not line.startswith(b"#")]
    if any(line.startswith(b"AGE-PLUGIN-") for line in lines):
        raise InputError("the identity is for an age plugin, and plugins are not supported", _USAGE)
    if not lines or not all(line.startswith(b"AGE-SECRET-KEY-1") for line in lines):
        raise InputError("the identity file contains neither age identities nor an SSH private key", _USAGE)
    if len(lines) > MAX_IDENTITIES:
        raise InputError(f"the identity file contains more than {MAX_IDENTITIES} identities", _USAGE)
    return [pyrage.x25519.Identity.from_str(line.decode("ascii", "replace")) for line in lines]


def _read_ssh_identity(pyrage: "ModuleType", data: bytes) -> Any:
    try:
        return pyrage.ssh.Identity.from_buffer(data)
    except pyrage.IdentityError as error:
        reason = str(error)
        if "must be decrypted" in reason or "EncryptedPem" in reason:
            raise InputError(
                "the SSH private key has a passphrase, and cannot be used as it is",
                'cp KEY /dev/shm/k; ssh-keygen -p -N "" -f /dev/shm/k; give /dev/shm/k (--identity); delete it',
            ) from error
        raise InputError(
            "the SSH private key cannot be used: it is damaged, or neither ed25519 nor RSA", _USAGE
        ) from error


@contextmanager
def _convert_errors(pyrage: "ModuleType") -> Iterator[None]:
    """Convert pyrage errors into csrtui errors, without quoting pyrage's messages."""
    try:
        yield
    except pyrage.IdentityError as error:
        raise InputError("the age identity is damaged or cut short", _USAGE) from error
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise RefusedError(
                "the identity does not open the file: it was encrypted to other recipients", _USAGE
            ) from error
        raise InputError("the age file is damaged or cut short", "use another copy of it") from error
    except BaseException as error:
        if not _is_panic(error):
            raise
        raise InputError(
            "the age library cannot process that", "report it, with the output of csrtui --version"
        ) from error


def _is_panic(error: BaseException) -> bool:
    """Return whether pyrage's Rust code panicked. The exception class of pyo3 is not derived from `Exception`."""
    return type(error).__name__ == "PanicException"
