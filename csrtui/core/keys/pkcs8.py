"""Encrypt and decrypt private keys as PKCS #8 with PBES2, strong enough for a backup.

cryptography's own PKCS #8 encryption uses only 2,048 PBKDF2 iterations, so a graphics card can try many passphrases.
This module builds the envelope itself from cryptography's primitives: PBKDF2-HMAC-SHA256 with 1,000,000 iterations and
a salt of 16 bytes, and AES-256-CBC (RFC 8018, 6.2; RFC 5958, 3). openssl 1.1 and later can open it.

`BatchEncryptor` and `BatchDecryptor` handle many keys with one passphrase. All keys of a batch have the same salt, so
PBKDF2 runs once per batch instead of once per key. Each key has its own random IV, which is necessary because they
share one AES key. The shared salt does not weaken the keys: they also share the passphrase, so guessing it opens all of
them in any case. It only reveals that the files were written together.
"""

from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple, cast, final

from csrtui.core.base import asn1
from csrtui.core.base.asn1 import INTEGER, NULL, OCTET_STRING, SEQUENCE, encode
from csrtui.core.base.errors import CsrtuiError, InputError, RefusedError, translate_errors
from csrtui.core.base.secret import Secret
from csrtui.core.keys import passphrase_quality
from csrtui.core.keys.kdf_limits import check_cost

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey


ITERATIONS = 1_000_000
"""PBKDF2 iterations. They take about a tenth of a second on a current server."""

SALT_BYTES = 16
IV_BYTES = 16
ENTROPY_BYTES = SALT_BYTES + IV_BYTES
"""Number of fresh random bytes needed for one encryption."""

NOT_OPENED = "the passphrase does not open the key, or the key is damaged"
"""The error message for a key that a passphrase does not open."""

_AES_256_KEY_BYTES = 32
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_WITH_SHA256 = bytes.fromhex("06082a864886f70d0209")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")
"""The object identifiers above in DER (RFC 8018, C): 1.2.840.113549.1.5.13, 1.2.840.113549.1.5.12, 1.2.840.113549.2.9
and 2.16.840.1.101.3.4.1.42."""


@final
class DerivedKey:
    """An AES key that PBKDF2 derived from a passphrase. It is secret, so `repr` does not show it."""

    __slots__ = ("_key", "iterations", "salt")

    def __init__(self, salt: bytes, iterations: int, key: bytes) -> None:
        self.salt: Final = salt
        self.iterations: Final = iterations
        self._key: Final = key

    def __repr__(self) -> str:
        return "DerivedKey()"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret cannot be serialized")

    @property
    def revealed(self) -> bytes:
        """The AES key itself."""
        return self._key


def encrypt(key: "PrivateKey", passphrase: Secret, entropy: bytes, iterations: int | None = None) -> bytes:
    """Return `key` as ``ENCRYPTED PRIVATE KEY`` in PEM, encrypted with `passphrase`.

    `entropy` consists of `ENTROPY_BYTES` fresh random bytes: the salt, then the IV. Never use them twice. Only tests,
    which must be fast, use fewer iterations than `ITERATIONS`.

    Raises:
        InputError: openssl cannot read the passphrase (`csrtui.core.keys.passphrase_quality.refusal`).
        ValueError: `entropy` has the wrong length, or the passphrase is empty.
    """
    passphrase_quality.check(passphrase)
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"entropy must have {ENTROPY_BYTES} bytes")
    return encrypt_with(key, derive(passphrase, entropy[:SALT_BYTES], iterations), entropy[SALT_BYTES:])


def derive(passphrase: Secret, salt: bytes, iterations: int | None = None) -> DerivedKey:
    """Return the key that PBKDF2-HMAC-SHA256 derives from a passphrase. Other threads can run in the meantime.

    The salt consists of `SALT_BYTES` random bytes, or is the salt of the key to decrypt.

    Raises:
        ValueError: The passphrase is empty.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    if not passphrase.encoded:
        raise ValueError("an empty passphrase protects nothing")
    iterations = ITERATIONS if iterations is None else iterations
    key = PBKDF2HMAC(SHA256(), _AES_256_KEY_BYTES, salt, iterations).derive(passphrase.encoded)
    return DerivedKey(salt, iterations, key)


def encrypt_with(key: "PrivateKey", derived_key: DerivedKey, iv: bytes) -> bytes:
    """Return `key` as ``ENCRYPTED PRIVATE KEY`` in PEM, encrypted with a derived key.

    `iv` consists of `IV_BYTES` fresh random bytes. Never use them twice. The derived key can be used for several
    private keys.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    padder = PKCS7(algorithms.AES256.block_size).padder()
    encryptor = Cipher(algorithms.AES256(derived_key.revealed), modes.CBC(iv)).encryptor()
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    ciphertext = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    envelope = _Envelope(derived_key.salt, derived_key.iterations, iv, ciphertext)
    return asn1.wrap("ENCRYPTED PRIVATE KEY", _write_envelope(envelope))


def decrypt(der: bytes, passphrase: Secret) -> "PrivateKey":
    """Return the private key in an EncryptedPrivateKeyInfo with any scheme that cryptography supports.

    The cost of the key derivation is checked first (`csrtui.core.keys.kdf_limits`).

    Raises:
        RefusedError: The passphrase does not open the key, or the key is damaged.
        InputError: The data is not an EncryptedPrivateKeyInfo, or decrypting it would cost too much.
    """
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    check_cost(der)
    with translate_errors(_decryption_error):
        return cast("PrivateKey", load_der_private_key(der, passphrase.encoded))


def _decrypt_with(envelope: "_Envelope", derived_key: DerivedKey) -> "PrivateKey":
    """Return the private key in an envelope. Raise `RefusedError` if the derived key does not open it."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    with translate_errors(_decryption_error):
        decryptor = Cipher(algorithms.AES256(derived_key.revealed), modes.CBC(envelope.iv)).decryptor()
        unpadder = PKCS7(algorithms.AES256.block_size).unpadder()
        padded = decryptor.update(envelope.ciphertext) + decryptor.finalize()
        return cast("PrivateKey", load_der_private_key(unpadder.update(padded) + unpadder.finalize(), None))


def _decryption_error(error: Exception) -> CsrtuiError:
    """Return the error for a key that cannot be decrypted."""
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm

    if isinstance(error, UnsupportedAlgorithm | InternalError | MemoryError):
        return InputError("the encryption scheme of the key is not supported")
    return RefusedError(NOT_OPENED)


def to_der(pem: bytes) -> bytes:
    """Return the DER of the first PEM block in `pem`.

    Raises:
        InputError: `pem` contains no PEM block.
    """
    lines = pem.replace(b"\r", b"").split(b"\n")
    begins = [at for at, line in enumerate(lines) if line.startswith(b"-----BEGIN ")]
    ends = [at for at, line in enumerate(lines) if line.startswith(b"-----END ")]
    try:
        return b64decode(b"".join(lines[begins[0] + 1 : ends[0]]), validate=True)
    except (IndexError, ValueError) as error:
        raise InputError("it contains no key") from error


class _Envelope(NamedTuple):
    """The parts of an EncryptedPrivateKeyInfo that differ between the keys that `encrypt` writes."""

    salt: bytes
    iterations: int
    iv: bytes
    ciphertext: bytes


def _write_envelope(envelope: _Envelope) -> bytes:
    """Return the DER of EncryptedPrivateKeyInfo (RFC 5958, 3) with PBES2 parameters (RFC 8018, A.2 and A.4)."""
    iterations = envelope.iterations.to_bytes(envelope.iterations.bit_length() // 8 + 1)
    prf = encode(SEQUENCE, _HMAC_WITH_SHA256, encode(NULL))
    kdf_parameters = encode(SEQUENCE, encode(OCTET_STRING, envelope.salt), encode(INTEGER, iterations), prf)
    kdf = encode(SEQUENCE, _PBKDF2, kdf_parameters)
    cipher = encode(SEQUENCE, _AES_256_CBC, encode(OCTET_STRING, envelope.iv))
    algorithm = encode(SEQUENCE, _PBES2, encode(SEQUENCE, kdf, cipher))
    return encode(SEQUENCE, algorithm, encode(OCTET_STRING, envelope.ciphertext))


def _read_envelope(der: bytes) -> _Envelope | None:
    """Return the parts of an EncryptedPrivateKeyInfo, or None if it does not have the form that `encrypt` writes."""
    try:
        info = asn1.read_node(der)
        parameters = info.child(0, SEQUENCE).child(1, SEQUENCE)
        kdf_parameters = parameters.child(0, SEQUENCE).child(1, SEQUENCE)
        envelope = _Envelope(
            salt=kdf_parameters.child(0, OCTET_STRING).content,
            iterations=kdf_parameters.child(1, INTEGER).integer,
            iv=parameters.child(1, SEQUENCE).child(1, OCTET_STRING).content,
            ciphertext=info.child(1, OCTET_STRING).content,
        )
    except asn1.BerError:
        return None
    is_exact = envelope.iterations > 0 and len(envelope.iv) == IV_BYTES and _write_envelope(envelope) == der
    return envelope if is_exact else None


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
                self._derived_key = derive(self._passphrase, self._entropy(SALT_BYTES))
        return encrypt_with(key, self._derived_key, self._entropy(IV_BYTES))


@final
class BatchDecryptor:
    """A thread-safe decryptor of keys with one passphrase.

    cryptography's own reader, which is independent of the code that encrypts keys, decrypts the first key with each
    salt. At the second key with that salt, the AES key is derived, and later keys reuse it.
    """

    def __init__(self, passphrase: Secret) -> None:
        self._passphrase: Final = passphrase
        self._derived_keys: OrderedDict[tuple[bytes, int], DerivedKey | None] = OrderedDict()
        self._lock: Final = Lock()

    def decrypt(self, der: bytes) -> "PrivateKey":
        """Return the private key in an EncryptedPrivateKeyInfo, like the function `decrypt`.

        Raises:
            RefusedError: The passphrase does not open the key, or the key is damaged.
            InputError: The data is not an EncryptedPrivateKeyInfo, or decrypting it would cost too much.
        """
        check_cost(der)
        envelope = _read_envelope(der)
        derived_key = self._known_key(envelope) if envelope and self._passphrase.encoded else None
        if envelope is None or derived_key is None:
            return decrypt(der, self._passphrase)
        return _decrypt_with(envelope, derived_key)

    def _known_key(self, envelope: _Envelope) -> DerivedKey | None:
        """Return the derived key for a salt and an iteration count, or None when they are used for the first time."""
        derivation = envelope.salt, envelope.iterations
        with self._lock:
            if derivation not in self._derived_keys:
                self._derived_keys[derivation] = None
                if len(self._derived_keys) > _MAX_DERIVED_KEYS:
                    self._derived_keys.popitem(last=False)
                return None
            derived_key = self._derived_keys[derivation] or derive(self._passphrase, *derivation)
            self._derived_keys[derivation] = derived_key
            return derived_key
