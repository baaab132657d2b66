"""Rules about the key of a new request."""

from csrtui.core.advice.rule import Hit, Rule
from csrtui.core.base.finding import CaKind, Fix, Level
from csrtui.core.keys.key_types import KeyType


def _key_not_public(key: KeyType) -> Hit | None:
    return (
        None if key.public_ca else Hit({"key": key.label}, Fix("use a private CA instead", ca=CaKind.PRIVATE))
    )


def _key_slow(key: KeyType) -> Hit | None:
    return Hit({"key": key.label}) if key is KeyType.RSA_4096 else None


KEY_RULES: tuple[Rule[KeyType], ...] = (
    Rule(
        "key-not-public", Level.ERROR, Level.NOTE,
        "{key} is not accepted by public CAs.", _key_not_public, "BR 6.1.1.3, 6.1.5",
        private_text="{key} is not supported by browsers; fine for your own clients.",
    ),
    Rule(
        "key-slow", Level.NOTE, Level.NOTE,
        "{key} slows every handshake for little gain: use RSA 3072 or EC P-256.",
        _key_slow, "NIST SP 800-57 part 1, table 2",
    ),
)  # fmt: skip
"""Asked about the key type."""
