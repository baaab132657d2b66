"""Text that may leave csrtui for anywhere: the only thing a clipboard is ever given."""

from dataclasses import dataclass
from typing import final

from csrtui.core.certificates.csr import Request, to_pem

_SECRET_MARKS = ("PRIVATE KEY", "AGE-SECRET-KEY")


@final
@dataclass(frozen=True, slots=True)
class PublicText:
    """A text that is not a secret, in lines of printable ASCII.

    It is made from what is public by nature (`of_request`); what looks like a private key is refused even so.

    Args:
        text: The text.

    Raises:
        TypeError: It is not a text; a `csrtui.core.base.secret.Secret` is none.
        ValueError: It holds a private key, or a character that a terminal could take for a command.
    """

    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TypeError("only text can be handed out")
        if any(mark in self.text for mark in _SECRET_MARKS):
            raise ValueError("a private key is not handed out")
        if not all(line.isascii() and line.isprintable() for line in self.text.split("\n")):
            raise ValueError("only printable ASCII is handed out")

    @classmethod
    def of_request(cls, asked: Request) -> "PublicText":
        """A CSR in PEM (RFC 7468)."""
        return cls(to_pem(asked.der).decode("ascii"))
