"""Encrypt and decrypt many keys with one passphrase. PBKDF2 runs once per salt instead of once per key.

All keys that one `BatchEncryptor` encrypts have the same salt, but each has its own IV. This weakens none of them. They
share one passphrase, so guessing it opens all of them in any case, and a random salt prevents guessing in advance.
Under one AES key, IVs must differ; each has 16 random bytes. The common salt reveals that the files were written
together.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Final, final

from csrtui.core.base.secret import Secret
from csrtui.core.keys import passphrase_quality, pkcs8

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey
    from csrtui.core.keys.pkcs8 import DerivedKey

_MAX_DERIVED_KEYS: Final = 64
"""Maximum number of derived keys in memory."""


@final
class BatchEncryptor:
    """A thread-safe encryptor of keys with one passphrase.

    Args:
        passphrase: The passphrase, not empty.
        entropy: A function that takes a number and returns that many fresh random bytes.

    Raises:
        InputError: openssl cannot read the passphrase (`csrtui.core.keys.passphrase_quality.refusal`).
    """

    def __init__(self, passphrase: Secret, entropy: Callable[[int], bytes]) -> None:
        passphrase_quality.check(passphrase)
        self._passphrase: Final = passphrase
        self._entropy: Final = entropy
        self._derived_key: DerivedKey | None = None
        self._lock: Final = Lock()

    def encrypt(self, key: "PrivateKey") -> bytes:
        """Return the key as ``ENCRYPTED PRIVATE KEY`` in PEM, with its own IV."""
        with self._lock:
            if self._derived_key is None:
                self._derived_key = pkcs8.derive(self._passphrase, self._entropy(pkcs8.SALT_BYTES))
        return pkcs8.encrypt_with(key, self._derived_key, self._entropy(pkcs8.IV_BYTES))


@final
class BatchDecryptor:
    """A thread-safe decryptor of keys with one passphrase.

    The first key with each salt is decrypted by cryptography's own reader, which is independent of the code that
    encrypted the key. Later keys with the same salt are decrypted with a derived key. It is computed for the second key
    and then kept.

    Args:
        passphrase: The passphrase for all keys.
    """

    def __init__(self, passphrase: Secret) -> None:
        self._passphrase: Final = passphrase
        self._derived_keys: OrderedDict[tuple[bytes, int], DerivedKey | None] = OrderedDict()
        self._lock: Final = Lock()

    def decrypt(self, der: bytes) -> "PrivateKey":
        """Return the private key in an EncryptedPrivateKeyInfo, like `pkcs8.decrypt`.

        Raises:
            RefusedError: The passphrase does not open the key, or the key is damaged.
            InputError: The data is not an EncryptedPrivateKeyInfo, or decrypting it would cost too much.
        """
        derivation = pkcs8.read_derivation(der)
        derived_key = self._known_key(derivation) if derivation and self._passphrase.encoded else None
        if derived_key is None:
            return pkcs8.decrypt(der, self._passphrase)
        return pkcs8.decrypt_with(der, derived_key)

    def _known_key(self, derivation: tuple[bytes, int]) -> "DerivedKey | None":
        """Return the derived key for a salt and an iteration count, or None when they are used for the first time."""
        with self._lock:
            if derivation not in self._derived_keys:
                self._derived_keys[derivation] = None
                if len(self._derived_keys) > _MAX_DERIVED_KEYS:
                    self._derived_keys.popitem(last=False)
                return None
            derived_key = self._derived_keys[derivation] or pkcs8.derive(self._passphrase, *derivation)
            self._derived_keys[derivation] = derived_key
            return derived_key
