"""Private keys under a passphrase: PKCS #8 with PBES2, at a strength fit for a backup.

cryptography's own encryption of PKCS #8 derives the key with 2,048 rounds, which a graphics card goes
through in no time. So the envelope is made here, from cryptography's primitives: PBKDF2-HMAC-SHA256
with 1,000,000 rounds and a salt of 16 bytes, AES-256-CBC (RFC 8018, 6.2; RFC 5958, 3). Any openssl
since 1.1 opens it.
"""

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, cast

from csrtui.core.errors import InputError, RefusedError
from csrtui.core.secret import Secret

if TYPE_CHECKING:
    from csrtui.core.keys import PrivateKey

ROUNDS = 1_000_000
"""PBKDF2 iterations: about a tenth of a second on a server of today."""

SALT_BYTES = 16
IV_BYTES = 16
ENTROPY_BYTES = SALT_BYTES + IV_BYTES
"""How much fresh randomness one encryption takes."""

_AES_256_KEY_BYTES = 32
_PEM_LINE = 64


def encrypt(key: "PrivateKey", passphrase: Secret, entropy: bytes, rounds: int | None = None) -> bytes:
    """Return `key` encrypted under `passphrase` as an ``ENCRYPTED PRIVATE KEY`` in PEM.

    Args:
        key: The private key.
        passphrase: Not empty; its UTF-8 bytes go into the key derivation.
        entropy: `ENTROPY_BYTES` fresh random bytes, never used twice: the salt, then the IV.
        rounds: PBKDF2 iterations, by default `ROUNDS`; fewer only where tests are to be quick.

    Raises:
        ValueError: `entropy` has another length, or the passphrase is empty.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"entropy must have {ENTROPY_BYTES} bytes")
    if not passphrase.encoded:
        raise ValueError("an empty passphrase protects nothing")
    salt, iv = entropy[:SALT_BYTES], entropy[SALT_BYTES:]
    rounds = ROUNDS if rounds is None else rounds
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    ciphertext = _aes_cbc(_derive(passphrase, salt, rounds), iv, plain)
    return _pem("ENCRYPTED PRIVATE KEY", _envelope(salt, rounds, iv, ciphertext))


def decrypt(der: bytes, passphrase: Secret) -> "PrivateKey":
    """Return the private key in an EncryptedPrivateKeyInfo, of any scheme that cryptography opens.

    What it costs is read first (`csrtui.core.key_cost`).

    Raises:
        RefusedError: The passphrase does not open it, or what it opens is damaged.
        InputError: It is none, or too dear to open.
    """
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    from csrtui.core.key_cost import judge_cost

    judge_cost(der)
    try:
        return cast("PrivateKey", load_der_private_key(der, passphrase.encoded))
    except (ValueError, TypeError) as error:
        raise RefusedError("the passphrase does not open the key, or the key is damaged") from error
    except (UnsupportedAlgorithm, InternalError, MemoryError) as error:
        raise InputError("the key is encrypted in a way that cannot be opened here") from error


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


def _derive(passphrase: Secret, salt: bytes, rounds: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    return PBKDF2HMAC(SHA256(), _AES_256_KEY_BYTES, salt, rounds).derive(passphrase.encoded)


def _aes_cbc(key: bytes, iv: bytes, plain: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    padder = PKCS7(algorithms.AES256.block_size).padder()
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def _envelope(salt: bytes, rounds: int, iv: bytes, ciphertext: bytes) -> bytes:
    """The DER of EncryptedPrivateKeyInfo (RFC 5958, 3) with PBES2 parameters (RFC 8018, A.4)."""
    from cryptography.hazmat.asn1 import Null, encode_der

    from csrtui.core import pbes2

    return encode_der(
        pbes2.EncryptedPrivateKeyInfo(
            algorithm=pbes2.Pbes2Algorithm(
                algorithm=pbes2.PBES2,
                parameters=pbes2.Pbes2Parameters(
                    key_derivation=pbes2.Pbkdf2Algorithm(
                        algorithm=pbes2.PBKDF2,
                        parameters=pbes2.Pbkdf2Parameters(
                            salt=salt,
                            rounds=rounds,
                            prf=pbes2.PrfAlgorithm(algorithm=pbes2.HMAC_WITH_SHA256, parameters=Null()),
                        ),
                    ),
                    encryption=pbes2.AesAlgorithm(algorithm=pbes2.AES_256_CBC, iv=iv),
                ),
            ),
            encrypted_data=ciphertext,
        )
    )


def _pem(label: str, der: bytes) -> bytes:
    body = b64encode(der).decode("ascii")
    lines = [body[at : at + _PEM_LINE] for at in range(0, len(body), _PEM_LINE)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode("ascii")
