"""What to know and do for a server software, as lines of text; of use before there is a request, too."""

import textwrap
from collections.abc import Iterable

from csrtui.core.deployment import paths
from csrtui.core.platforms import PLATFORMS, Platform
from csrtui.core.server_files import Block, FileRow, Form, Part, Server, fill
from csrtui.core.servers import SERVERS

WIDTH = 79
"""Columns of a line of text; lines of configuration are as long as they are."""
LAST_WORD = (
    "csrtui writes files and prints lines; it edits no configuration and restarts nothing. "
    "The documentation of the vendor has the last word:"
)
_LABEL_WIDTH = 13
_EXAMPLE = "www.example.com"
_PART_WORDS = {Part.LEAF: "certificate", Part.CHAIN: "chain", Part.KEY: "private key"}


def platform_lines() -> list[tuple[str, str, str]]:
    """Return the platforms that there is a guide for: id, label, form."""
    return [(one.id, one.label, SERVERS[one.id].form.value) for one in PLATFORMS.values()]


def guide_lines(platform: Platform, folder: str = "/etc/ssl/private") -> list[str]:
    """Return the guide for a platform, a line each, with an example's name and folder.

    Args:
        platform: Which.
        folder: Where the example's files lie.
    """
    server = SERVERS[platform.id]
    values = paths(_EXAMPLE, folder, server.files)
    values |= {"pair": _EXAMPLE, "domain": _EXAMPLE, "thumbprint": "THUMBPRINT"}
    return [
        platform.label,
        "",
        *_before(platform, server),
        *block_lines(fill(block, values) for block in (*server.blocks, *server.commands)),
        "",
        *note_lines(server),
    ]


def block_lines(blocks: Iterable[Block]) -> list[str]:
    """Return lines for the configuration and commands, each block under a line that says where they belong."""
    lines = []
    for block in blocks:
        lines += ["", f"{block.where[0].upper()}{block.where[1:]}:", *(f"  {line}" for line in block.lines)]
    return lines


def note_lines(server: Server) -> list[str]:
    """Return what is peculiar to a server, and who has the last word."""
    return [*_paragraphs(server.notes), *_wrapped(f"{LAST_WORD} {server.documentation}.")]


def _before(platform: Platform, server: Server) -> list[str]:
    """What is to be known before the request."""
    files = "; ".join(_file_words(row) for row in server.files)
    protection = (
        "under a passphrase that the import asks for"
        if server.form is Form.PKCS12
        else "without a passphrase, since nobody is there to type it"
    )
    return [
        *_labelled("Key type", f"{platform.key_type.label} unless you choose another. {server.key}"),
        *_labelled("Form", f"{server.form.value}: {files}"),
        *_labelled("Chain", server.chain),
        *_labelled("The key", protection),
        *(line for place in server.places for line in _labelled("Place", place)),
        *_labelled("Old CSR", server.old_csr_reason),
    ]


def _file_words(row: FileRow) -> str:
    parts = ", ".join(_PART_WORDS[part] for part in row.parts) or "certificate, chain and private key"
    return f"NAME{row.ending} ({parts}; {'0600' if row.has_key else '0644'})"


def _labelled(label: str, text: str) -> list[str]:
    start = f"{label:<{_LABEL_WIDTH}}"
    return _wrapped(text, start, " " * _LABEL_WIDTH)


def _paragraphs(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in (*_wrapped(text), "")]


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
