"""This machine's rules for new requests (``[policy]``). They protect against mistakes, not against attackers."""

from collections.abc import Iterator
from typing import NamedTuple

from csrtui.core.base.finding import FieldName, Finding, Fix, Level
from csrtui.core.keys.key_types import KeyType


class Policy(NamedTuple):
    """The rules that apply on this machine.

    Attributes:
        min_rsa_bits: The minimum size of RSA keys, or 0 for no minimum.
        key_types: The allowed key types. Empty if all are allowed.
        backup_before_submit: Whether a key needs a verified backup before its CSR is copied, shown or saved.
        source: The path of the file with the rules, for messages.
    """

    min_rsa_bits: int = 0
    key_types: tuple[KeyType, ...] = ()
    backup_before_submit: bool = False
    source: str = ""

    @property
    def origin(self) -> str:
        """The source of the rules, in parentheses, to end a sentence with."""
        return f"(set in {self.source})"

    def findings(self, key_type: KeyType) -> Iterator[Finding]:
        """Yield an error if the rules do not allow a key type. ``--force`` can override it."""
        if self._allows(key_type):
            return
        allowed = [other for other in KeyType if self._allows(other)]
        if self.key_types and key_type not in self.key_types:
            reason = f"policy allows {', '.join(self.key_types)}"
        else:
            reason = f"policy requires RSA keys of at least {self.min_rsa_bits} bits"
        text = f"{key_type.label} keys are not allowed here: {reason} {self.origin}."
        family = key_type.value.partition("-")[0]
        alternative = min(allowed, key=lambda other: not other.value.startswith(family), default=None)
        fix = None if alternative is None else Fix(f"use {alternative.label}", value=alternative.value)
        yield Finding("policy-key-type", Level.ERROR, FieldName.KEY, key_type.value, text, fix)

    def _allows(self, key_type: KeyType) -> bool:
        if self.key_types and key_type not in self.key_types:
            return False
        name, _, bits = key_type.value.partition("-")
        return name != "rsa" or int(bits) >= self.min_rsa_bits


NO_POLICY = Policy()
