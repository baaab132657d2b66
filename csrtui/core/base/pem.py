"""PEM as RFC 7468 writes it: what is in it stays as it is, octet for octet."""

from binascii import b2a_base64

_LINE = 64


def wrap(label: str, der: bytes) -> bytes:
    """Return DER as PEM, in lines of 64 characters, each ending with a line feed.

    Args:
        label: What it is, as in ``CERTIFICATE REQUEST``.
        der: Its octets; they are not looked at.
    """
    text = b2a_base64(der, newline=False)
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    name = label.encode("ascii")
    return b"\n".join([b"-----BEGIN %s-----" % name, *lines, b"-----END %s-----" % name, b""])
