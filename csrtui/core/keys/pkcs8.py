"""Private keys under a passphrase: PKCS #8 with PBES2, at a strength fit for a backup.

cryptography's own encryption of PKCS #8 derives the key with 2,048 rounds, which a graphics card goes
through in no time. So the envelope is made here, from cryptography's primitives: PBKDF2-HMAC-SHA256
with 1,000,000 rounds and a salt of 16 bytes, AES-256-CBC (RFC 8018, 6.2; RFC 5958, 3). Any openssl
since 1.1 opens it.
"""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast, final

from csrtui.core.base.asn1 import wrap
from csrtui.core.base.errors import InputError, RefusedError
from csrtui.core.base.secret import Secret
from csrtui.core.keys import passphrase_quality as passphrase_rules

if TYPE_CHECKING:
    from csrtui.core.keys import pbes2
    from csrtui.core.keys.key_types import PrivateKey

ROUNDS = 1_000_000
"""PBKDF2 iterations: about a tenth of a second on a server of today."""

SALT_BYTES = 16
IV_BYTES = 16
ENTROPY_BYTES = SALT_BYTES + IV_BYTES
"""How much fresh randomness one encryption takes."""

_AES_256_KEY_BYTES = 32


@final
class DerivedKey:
    """What PBKDF2 made of a passphrase: as secret as that is, so its `repr` says nothing either.

    Args:
        salt: The salt it was made with.
        rounds: The iterations it was made with.
        key: The AES key of 32 bytes.

    Attributes:
        salt: As above.
        rounds: As above.
    """

    __slots__ = ("_key", "rounds", "salt")

    def __init__(self, salt: bytes, rounds: int, key: bytes) -> None:
        self.salt: Final = salt
        self.rounds: Final = rounds
        self._key: Final = key

    def __repr__(self) -> str:
        return "DerivedKey()"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not written anywhere")

    @property
    def revealed(self) -> bytes:
        """The AES key itself."""
        return self._key


def encrypt(key: "PrivateKey", passphrase: Secret, entropy: bytes, rounds: int | None = None) -> bytes:
    """Return `key` encrypted under `passphrase` as an ``ENCRYPTED PRIVATE KEY`` in PEM.

    Args:
        key: The private key.
        passphrase: Not empty; its UTF-8 bytes go into the key derivation.
        entropy: `ENTROPY_BYTES` fresh random bytes, never used twice: the salt, then the IV.
        rounds: PBKDF2 iterations, by default `ROUNDS`; fewer only where tests are to be quick.

    Raises:
        InputError: openssl could not read the passphrase; see `csrtui.core.keys.passphrase_quality.refusal`.
        ValueError: `entropy` has another length, or the passphrase is empty.
    """
    passphrase_rules.check(passphrase)
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"entropy must have {ENTROPY_BYTES} bytes")
    return seal(key, derive(passphrase, entropy[:SALT_BYTES], rounds), entropy[SALT_BYTES:])


def derive(passphrase: Secret, salt: bytes, rounds: int | None = None) -> DerivedKey:
    """Return the key that PBKDF2-HMAC-SHA256 makes of a passphrase; other threads run meanwhile.

    Args:
        passphrase: Not empty; its UTF-8 bytes go into the derivation.
        salt: `SALT_BYTES` random bytes, or what stands in the file that is to be opened.
        rounds: Iterations, by default `ROUNDS`.

    Raises:
        ValueError: The passphrase is empty.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    if not passphrase.encoded:
        raise ValueError("an empty passphrase protects nothing")
    rounds = ROUNDS if rounds is None else rounds
    made = PBKDF2HMAC(SHA256(), _AES_256_KEY_BYTES, salt, rounds).derive(passphrase.encoded)
    return DerivedKey(salt, rounds, made)


def seal(key: "PrivateKey", derived: DerivedKey, iv: bytes) -> bytes:
    """Return `key` encrypted under a derived key as an ``ENCRYPTED PRIVATE KEY`` in PEM.

    Args:
        key: The private key.
        derived: May be that of other files too.
        iv: `IV_BYTES` fresh random bytes, never used twice.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    ciphertext = _aes_cbc(derived.revealed, iv, plain)
    return wrap("ENCRYPTED PRIVATE KEY", _envelope(derived, iv, ciphertext))


def decrypt(der: bytes, passphrase: Secret) -> "PrivateKey":
    """Return the private key in an EncryptedPrivateKeyInfo, of any scheme that cryptography opens.

    What it costs is read first (`csrtui.core.keys.kdf_limits`).

    Raises:
        RefusedError: The passphrase does not open it, or what it opens is damaged.
        InputError: It is none, or too dear to open.
    """
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    from csrtui.core.keys.kdf_limits import judge_cost

    judge_cost(der)
    with _refusals():
        return cast("PrivateKey", load_der_private_key(der, passphrase.encoded))


def derivation_of(der: bytes) -> tuple[bytes, int] | None:
    """Return the salt and the rounds of an EncryptedPrivateKeyInfo that is encrypted exactly as `seal` does it.

    None for any other scheme.

    Raises:
        InputError: It is none, or too dear to open.
    """
    from csrtui.core.keys.kdf_limits import judge_cost

    judge_cost(der)
    envelope = _read_envelope(der)
    if envelope is None:
        return None
    parameters = envelope.algorithm.parameters.key_derivation.parameters
    return parameters.salt, parameters.rounds


def unseal(der: bytes, derived: DerivedKey) -> "PrivateKey":
    """Return the private key in an EncryptedPrivateKeyInfo whose key is derived already.

    Args:
        der: One that `derivation_of` knows.
        derived: With the salt and the rounds that it gave.

    Raises:
        RefusedError: The passphrase does not open it, or what it opens is damaged.
        InputError: What it opens is of a kind that is not known.
        ValueError: It is of another scheme.
    """
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    envelope = _read_envelope(der)
    if envelope is None:
        raise ValueError("of another scheme")
    iv = envelope.algorithm.parameters.encryption.iv
    with _refusals():
        plain = _aes_cbc_opened(derived.revealed, iv, envelope.encrypted_data)
        return cast("PrivateKey", load_der_private_key(plain, None))


@contextmanager
def _refusals() -> Iterator[None]:
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm

    try:
        yield
    except (UnsupportedAlgorithm, InternalError, MemoryError) as error:
        raise InputError("the key is encrypted in a way that cannot be opened here") from error
    except Exception as error:  # which else can come out is nowhere written down
        raise RefusedError("the passphrase does not open the key, or the key is damaged") from error


def to_der(pem: bytes) -> bytes:
    """Return the DER of the first PEM block in `pem`.

    Raises:
        InputError: There is none.
    """
    lines = pem.replace(b"\r", b"").split(b"\n")
    begins = [at for at, line in enumerate(lines) if line.startswith(b"-----BEGIN ")]
    ends = [at for at, line in enumerate(lines) if line.startswith(b"-----END ")]
    try:
        return b64decode(b"".join(lines[begins[0] + 1 : ends[0]]), validate=True)
    except (IndexError, ValueError) as error:
        raise InputError("there is no key in it") from error


def _aes_cbc(key: bytes, iv: bytes, plain: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    padder = PKCS7(algorithms.AES256.block_size).padder()
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def _aes_cbc_opened(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    decryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(algorithms.AES256.block_size).unpadder()
    return unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()


def _envelope(derived: DerivedKey, iv: bytes, ciphertext: bytes) -> bytes:
    """The DER of EncryptedPrivateKeyInfo (RFC 5958, 3) with PBES2 parameters (RFC 8018, A.4)."""
    from cryptography.hazmat.asn1 import Null, encode_der

    from csrtui.core.keys import pbes2

    return encode_der(
        pbes2.EncryptedPrivateKeyInfo(
            algorithm=pbes2.Pbes2Algorithm(
                algorithm=pbes2.PBES2,
                parameters=pbes2.Pbes2Parameters(
                    key_derivation=pbes2.Pbkdf2Algorithm(
                        algorithm=pbes2.PBKDF2,
                        parameters=pbes2.Pbkdf2Parameters(
                            salt=derived.salt,
                            rounds=derived.rounds,
                            prf=pbes2.PrfAlgorithm(algorithm=pbes2.HMAC_WITH_SHA256, parameters=Null()),
                        ),
                    ),
                    encryption=pbes2.AesAlgorithm(algorithm=pbes2.AES_256_CBC, iv=iv),
                ),
            ),
            encrypted_data=ciphertext,
        )
    )


def _read_envelope(der: bytes) -> "pbes2.EncryptedPrivateKeyInfo | None":
    """What `_envelope` made, or None: all of its identifiers have to be those."""
    from cryptography.hazmat.asn1 import decode_der

    from csrtui.core.keys import pbes2

    try:
        envelope = decode_der(pbes2.EncryptedPrivateKeyInfo, der)
    except ValueError:
        return None
    derivation = envelope.algorithm.parameters.key_derivation
    encryption = envelope.algorithm.parameters.encryption
    found = (
        envelope.algorithm.algorithm,
        derivation.algorithm,
        derivation.parameters.prf.algorithm,
        encryption.algorithm,
    )
    wanted = (pbes2.PBES2, pbes2.PBKDF2, pbes2.HMAC_WITH_SHA256, pbes2.AES_256_CBC)
    return envelope if found == wanted and len(encryption.iv) == IV_BYTES else None
