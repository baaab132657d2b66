"""Build the guide for a server software as lines of text, and the scp command that fetches a file from this machine."""

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from shlex import quote

from csrtui.core.base.escaping import shows
from csrtui.core.servers.deployment import DeploymentPlan, paths, site
from csrtui.core.servers.file_layout import FileBlock, FileForm, FileRow, Part, Server, fill
from csrtui.core.servers.platforms import PLATFORMS, Platform
from csrtui.core.servers.table import SERVERS

_PLAIN = re.compile(r"[^A-Za-z0-9_./@%+=:,-]")
_SSH_PORT = 22


@dataclass(frozen=True, slots=True)
class Host:
    """This machine as ssh reaches it.

    Attributes:
        name: Its name.
        user: Who logs in there.
        port: Where its ssh listens.
    """

    name: str
    user: str
    port: int = _SSH_PORT


def scp_line(host: Host, path: str, to: str = ".") -> str | None:
    r"""Return the `scp` command to be typed on the laptop, or None for a path that cannot be typed.

    What is special in the path is quoted twice: for the laptop's shell, and with ``\`` for the other side,
    where the old protocol gives it to a shell and SFTP to glob(3); both take the backslash away.

    Args:
        host: This machine.
        path: The file, absolute.
        to: What it is to be called on the laptop, or a folder there.
    """
    if not shows(path):
        return None
    there = _PLAIN.sub(lambda found: f"\\{found[0]}", path)
    port = "" if host.port == _SSH_PORT else f"-P {host.port} "
    return f"scp {port}{quote(f'{host.user}@{host.name}:{there}')} {quote(to)}"


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


def guide_lines(platform: Platform, folder: str = "/etc/ssl/private", width: int = WIDTH) -> list[str]:
    """Return the guide for a platform, a line each, with an example's name and folder.

    Args:
        platform: Which.
        folder: Where the example's files lie.
        width: Columns of a line of text.
    """
    server = SERVERS[platform.id]
    values = paths(_EXAMPLE, folder, server.files)
    values |= {"pair": _EXAMPLE, "domain": site(_EXAMPLE), "thumbprint": "THUMBPRINT"}
    return [
        platform.label,
        "",
        *_before(platform, server, width),
        *block_lines(fill(block, values) for block in (*server.blocks, *server.commands)),
        "",
        *note_lines(server, width),
    ]


def block_lines(blocks: Iterable[FileBlock]) -> list[str]:
    """Return lines for the configuration and commands, each block under a line that says where they belong."""
    lines = []
    for block in blocks:
        lines += ["", f"{block.where[0].upper()}{block.where[1:]}:", *(f"  {line}" for line in block.lines)]
    return lines


def note_lines(server: Server, width: int = WIDTH) -> list[str]:
    """Return what is peculiar to a server, and who has the last word."""
    notes = [line for text in server.notes for line in (*_wrapped(text, width), "")]
    return [*notes, *_wrapped(f"{LAST_WORD} {server.documentation}.", width)]


def plan_lines(server: Server, plan: DeploymentPlan, pair: str, folder: str, width: int = WIDTH) -> list[str]:
    """Return what is going to be written where, and what is to be done then, a line each.

    Args:
        server: For which.
        plan: From `csrtui.core.servers.deployment.plan`.
        pair: The pair's name.
        folder: Where the files will lie.
        width: Columns of a line of text.
    """
    files = [f"{folder.rstrip('/')}/{_file_words(row, pair)}" for row in plan.files]
    return [
        "Will be written:",
        *(line for file in files for line in _wrapped(file, width, "  ", "    ")),
        *block_lines((*plan.blocks, *plan.commands)),
        "",
        *note_lines(server, width),
    ]


def _before(platform: Platform, server: Server, width: int) -> list[str]:
    """What is to be known before the request."""
    files = "; ".join(_file_words(row) for row in server.files)
    protection = (
        "under a passphrase that the import asks for"
        if server.form is FileForm.PKCS12
        else "without a passphrase, since nobody is there to type it"
    )
    said = [
        ("Key type", f"{platform.key_type.label} unless you choose another. {server.key}"),
        ("FileForm", f"{server.form.value}: {files}"),
        ("Chain", server.chain),
        ("The key", protection),
        *(("Place", place) for place in server.places),
        ("Old CSR", server.old_csr_reason),
    ]
    indent = " " * _LABEL_WIDTH
    return [
        line for label, text in said for line in _wrapped(text, width, f"{label:<{_LABEL_WIDTH}}", indent)
    ]


def _file_words(row: FileRow, pair: str = "NAME") -> str:
    parts = ", ".join(_PART_WORDS[part] for part in row.parts) or "certificate, chain and private key"
    return f"{pair}{row.ending} ({parts}; {'0600' if row.has_key else '0644'})"


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
