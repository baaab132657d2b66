"""Files in the format of age (C2SP ``age``, version 1), to recipients only.

What encrypts is pyrage, which is installed with ``csrtui[age]``; it is imported when it is needed. age's
passphrase mode is never used (it takes half a gigabyte, and without it the process dies), nor are plugins, which
are programs that would be run.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from csrtui.core.backups.recipients import Recipient, RecipientKind
from csrtui.core.base.errors import InputError, RefusedError

if TYPE_CHECKING:
    from types import ModuleType

MAX_BYTES: Final = 1024 * 1024
"""The most bytes that an age file of a backup is taken to have."""
MAX_IDENTITY_BYTES: Final = 64 * 1024
"""The most bytes that a file of identities may have."""
MAX_IDENTITIES: Final = 64

_INTRODUCTION = b"age-encryption.org/v1\n"
_ARMOUR = b"-----BEGIN AGE ENCRYPTED FILE-----"
_PASSPHRASE_STANZA = b"\n-> scrypt "
_TO_GIVE = "give the file of the age identity, or of the ssh private key, that it was encrypted to"


def is_age(data: bytes) -> bool:
    """Whether `data` begins as a file of age does, binary or armoured."""
    return data.startswith((_INTRODUCTION, _ARMOUR))


def encrypt(data: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Return `data` in a binary age file that any of `recipients` can open alone.

    Raises:
        InputError: pyrage is not installed, or a recipient is none after all.
    """
    pyrage = load_pyrage()
    with _refusals(pyrage):
        made = [_library(pyrage, recipient).from_str(recipient.text) for recipient in recipients]
        encrypted: bytes = pyrage.encrypt(data, made)
    return encrypted


def decrypt(data: bytes, identities: bytes) -> bytes:
    """Return what is in an age file.

    Args:
        data: The file, binary or armoured.
        identities: The text of a file of age identities, or an ssh private key without a passphrase.

    Raises:
        InputError: It is not an age file, of the passphrase mode, or damaged; or the identities are none
            that can be used, or pyrage is not installed.
        RefusedError: None of the identities opens it.
    """
    _judge(data)
    pyrage = load_pyrage()
    with _refusals(pyrage):
        opened = _identities(pyrage, identities)
        decrypted: bytes = pyrage.decrypt(data, opened)
    return decrypted


def load_pyrage() -> "ModuleType":
    """Return the library.

    Raises:
        InputError: It is not installed; the hint says how to.
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


def _judge(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise InputError(f"that is more than {MAX_BYTES} bytes, too much for a backup")
    if not is_age(data):
        raise InputError(
            "that is not an age file", "a backup to recipients has a name that ends in .backup.age"
        )
    if _PASSPHRASE_STANZA in data[: data.find(b"\n---") + 1]:
        raise InputError("the file is in age's passphrase mode, which is not used here", "age -d opens it")


def _library(pyrage: "ModuleType", recipient: Recipient) -> Any:
    return pyrage.x25519.Recipient if recipient.kind is RecipientKind.AGE else pyrage.ssh.Recipient


def _identities(pyrage: "ModuleType", data: bytes) -> list[Any]:
    if len(data) > MAX_IDENTITY_BYTES:
        raise InputError(f"the identity has more than {MAX_IDENTITY_BYTES} bytes", _TO_GIVE)
    if is_age(data):
        raise InputError(
            "the identity file is itself encrypted with a passphrase",
            "age -d opens it; write what it gives to a file in /dev/shm, give that, and delete it",
        )
    if b"PRIVATE KEY-----" in data:
        return [_ssh_identity(pyrage, data)]
    lines = [line.strip() for line in data.split(b"\n")]
    wanted = [line for line in lines if line and not line.startswith(b"#")]
    if any(line.startswith(b"AGE-PLUGIN-") for line in wanted):
        raise InputError("the identity is for a plugin of age, and none is used here", _TO_GIVE)
    if not wanted or not all(line.startswith(b"AGE-SECRET-KEY-1") for line in wanted):
        raise InputError("there is no age identity and no ssh private key in the identity file", _TO_GIVE)
    if len(wanted) > MAX_IDENTITIES:
        raise InputError(f"the identity file holds more than {MAX_IDENTITIES} identities", _TO_GIVE)
    return [pyrage.x25519.Identity.from_str(line.decode("ascii", "replace")) for line in wanted]


def _ssh_identity(pyrage: "ModuleType", data: bytes) -> Any:
    try:
        return pyrage.ssh.Identity.from_buffer(data)
    except pyrage.IdentityError as error:
        said = str(error)
        if "must be decrypted" in said or "EncryptedPem" in said:
            raise InputError(
                "the ssh private key is under a passphrase, and cannot be used as it is",
                'cp KEY /dev/shm/k; ssh-keygen -p -N "" -f /dev/shm/k; give --identity /dev/shm/k; delete it',
            ) from error
        raise InputError(
            "the ssh private key cannot be used: it is damaged, or neither ed25519 nor RSA", _TO_GIVE
        ) from error


@contextmanager
def _refusals(pyrage: "ModuleType") -> Iterator[None]:
    """Turn what the library says into our errors; none of its own texts is passed on."""
    try:
        yield
    except pyrage.RecipientError as error:
        raise InputError("a recipient is not a key that can be encrypted to", "give another key") from error
    except pyrage.IdentityError as error:
        raise InputError("the age identity is damaged or cut short", _TO_GIVE) from error
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise RefusedError(
                "the identity does not open the file: it was encrypted to others", _TO_GIVE
            ) from error
        raise InputError("the age file is damaged or cut short", "use another copy of it") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the library's last word is no Exception
            raise
        raise InputError(
            "the age library cannot work with that", "report it, with csrtui --version"
        ) from error
