"""One passphrase for many keys: PBKDF2 is run once for all that share its salt, not once for each.

Every file of a run that is written with one `Sealer` has the same salt, and an IV of its own. That takes nothing
from any of them: the passphrase is the same in all, so that who guesses it has all of them anyway, and a salt is
there so that nobody can guess before he has a file. The IVs are what must differ under one AES key, and they are
16 random bytes each. What shows is that the files were written in one run.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Final, final

from csrtui.core.base.secret import Secret
from csrtui.core.keys import passphrase_quality as passphrase_rules
from csrtui.core.keys import pkcs8

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey
    from csrtui.core.keys.pkcs8 import DerivedKey

_REMEMBERED: Final = 64
"""So many derivations at most are remembered."""


@final
class Sealer:
    """Encrypts keys under one passphrase; for use by any number of threads.

    Args:
        passphrase: Not empty.
        entropy: Gives that many fresh random bytes.

    Raises:
        InputError: openssl could not read the passphrase; see `csrtui.core.keys.passphrase_quality.refusal`.
    """

    def __init__(self, passphrase: Secret, entropy: Callable[[int], bytes]) -> None:
        passphrase_rules.check(passphrase)
        self._passphrase: Final = passphrase
        self._entropy: Final = entropy
        self._derived: DerivedKey | None = None
        self._lock: Final = Lock()

    def seal(self, key: "PrivateKey") -> bytes:
        """Return a key as an ``ENCRYPTED PRIVATE KEY`` in PEM, with an IV of its own."""
        with self._lock:
            if self._derived is None:
                self._derived = pkcs8.derive(self._passphrase, self._entropy(pkcs8.SALT_BYTES))
        return pkcs8.seal(key, self._derived, self._entropy(pkcs8.IV_BYTES))


@final
class Opener:
    """Opens encrypted keys with one passphrase; for use by any number of threads.

    The first key of each salt is opened by cryptography's own reader, which knows nothing of the code that
    encrypted it; from the second on the derived key is remembered.

    Args:
        passphrase: The one for all of them.
    """

    def __init__(self, passphrase: Secret) -> None:
        self._passphrase: Final = passphrase
        self._derived: OrderedDict[tuple[bytes, int], DerivedKey | None] = OrderedDict()
        self._lock: Final = Lock()

    def open(self, der: bytes) -> "PrivateKey":
        """Return the private key in an EncryptedPrivateKeyInfo, as `pkcs8.decrypt` does.

        Raises:
            RefusedError: The passphrase does not open it, or what it opens is damaged.
            InputError: It is none, or too dear to open.
        """
        derivation = pkcs8.derivation_of(der)
        derived = self._remembered(derivation) if derivation and self._passphrase.encoded else None
        return pkcs8.decrypt(der, self._passphrase) if derived is None else pkcs8.unseal(der, derived)

    def _remembered(self, derivation: tuple[bytes, int]) -> "DerivedKey | None":
        """The key derived so, or None where it is asked for the first time."""
        with self._lock:
            if derivation not in self._derived:
                self._derived[derivation] = None
                if len(self._derived) > _REMEMBERED:
                    self._derived.popitem(last=False)
                return None
            derived = self._derived[derivation] or pkcs8.derive(self._passphrase, *derivation)
            self._derived[derivation] = derived
            return derived
