"""Passphrases that csrtui makes up."""

from csrtui.core.base.secret import Secret
from csrtui.core.keys import passphrase_quality
from csrtui.store.reference_data import passphrase_words
from csrtui.tasks.session import Session


def generate_passphrase(session: Session) -> Secret:
    """Return a new passphrase of seven words.

    Raises:
        StoreError: The list of words is not there.
    """
    return passphrase_quality.generate(passphrase_words(), session.entropy(passphrase_quality.ENTROPY_BYTES))
