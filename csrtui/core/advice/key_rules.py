"""Rules about the key of a new request."""

from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.finding import CaKind, Fix, Level
from csrtui.core.keys import KeyType


def _key_not_public(key: KeyType) -> Hit | None:
    return (
        None if key.public_ca else Hit({"key": key.label}, Fix("ask a private CA instead", ca=CaKind.PRIVATE))
    )


def _key_slow(key: KeyType) -> Hit | None:
    return Hit({"key": key.label}) if key is KeyType.RSA_4096 else None


KEY_RULES: tuple[Rule[KeyType], ...] = (
    Rule(
        "key-not-public", Level.ERROR, Level.NOTE,
        "{key}: no public CA takes such a key today.", _key_not_public, "BR 6.1.1.3, 6.1.5",
        private_text="{key}: browsers do not take such a key; fine where all clients are your own.",
    ),
    Rule(
        "key-slow", Level.NOTE, Level.NOTE,
        "{key} slows every handshake down and gains little: RSA 3072 or EC P-256 is as good.",
        _key_slow, "NIST SP 800-57 part 1, table 2",
    ),
)  # fmt: skip
"""Asked about the key type."""
