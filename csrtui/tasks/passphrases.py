"""Passphrases that csrtui makes up."""

from csrtui.core import passphrase
from csrtui.core.secret import Secret
from csrtui.store.reference import passphrase_words
from csrtui.tasks.session import Session


def generate_passphrase(session: Session) -> Secret:
    """Return a new passphrase of seven words.

    Raises:
        StoreError: The list of words is not there.
    """
    return passphrase.generate(passphrase_words(), session.entropy(passphrase.ENTROPY_BYTES))
