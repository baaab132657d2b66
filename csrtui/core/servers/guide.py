"""Format guides and deployment plans as lines of text, and build scp commands that fetch files from this machine."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from shlex import quote

from csrtui.core.base.escaping import is_visible
from csrtui.core.servers.deployment import DeploymentPlan, file_values, host_or_placeholder, site_name
from csrtui.core.servers.platforms import PLATFORMS, Platform
from csrtui.core.servers.server import FileFormat, Part, Server, ServerFile, Snippet, fill

_SPECIAL = re.compile(r"[^A-Za-z0-9_./@%+=:,-]")
_SSH_PORT = 22


@dataclass(frozen=True, slots=True)
class Host:
    """The address of this machine for ssh.

    Attributes:
        name: The host name.
        user: The user name for the login.
        port: The port of the ssh server.
    """

    name: str
    user: str
    port: int = _SSH_PORT


def scp_line(host: Host, path: str, to: str = ".") -> str | None:
    r"""Return the `scp` command to type on another machine, or None if the path contains invisible characters.

    Special characters in the path are quoted for the shell on that machine. They are also escaped with ``\``, which a
    shell (old protocol) or glob(3) (SFTP) on this machine removes. `to` is the name of the copy, or the folder for it.
    """
    if not is_visible(path):
        return None
    remote_path = _SPECIAL.sub(lambda match: f"\\{match[0]}", path)
    port = "" if host.port == _SSH_PORT else f"-P {host.port} "
    return f"scp {port}{quote(f'{host.user}@{host.name}:{remote_path}')} {quote(to)}"


WIDTH = 79
"""The maximum number of columns in a line of text. Lines of snippets are not wrapped."""
_DISCLAIMER = (
    "csrtui writes files and prints snippets; it edits no configuration and restarts nothing. "
    "The vendor's documentation is authoritative:"
)
_QUERY_HEADING = "Check the server:"
_NO_QUERY = "Check the server with one of its own clients. openssl cannot connect to it."
_RENEWAL = (
    "The renewed pair's files replace these under the same names, so the configuration stays. "
    "csrtui keeps the previous files and can put them back."
)
_SEVERAL_FILES = (
    " Several files cannot be replaced at the same moment: the file with the key is replaced last. "
    "Reload after the command has ended; if it is interrupted, repeat it."
)
_LABEL_WIDTH = 13
_EXAMPLE = "www.example.com"
_PART_LABELS = {Part.LEAF: "certificate", Part.CHAIN: "chain", Part.KEY: "private key"}


def platform_rows(servers: Mapping[str, Server]) -> list[tuple[str, str, str]]:
    """Return the id, label and file format of each platform."""
    return [
        (platform.id, platform.label, servers[platform.id].format.value) for platform in PLATFORMS.values()
    ]


def guide_lines(
    server: Server, folder: str = "/etc/ssl/private", width: int = WIDTH, *, before_request: bool = True
) -> list[str]:
    """Return the guide for server software as lines, with example paths.

    Without `before_request`, leave out the parts that matter only before the request: the key type and the old CSR.
    """
    platform = PLATFORMS[server.platform]
    values = file_values(_EXAMPLE, folder, server.files)
    values |= {"base": _EXAMPLE, "domain": site_name(_EXAMPLE), "host": _EXAMPLE}
    values |= {"spki": "SPKI_SHA256", "thumbprint": "THUMBPRINT"}
    return [
        platform.label,
        "",
        *_overview(platform, server, width, before_request=before_request),
        *owner_lines(server),
        *snippet_lines(fill(snippet, values) for snippet in server.snippets),
        *query_lines(server, _EXAMPLE, f"csrtui served {_EXAMPLE}"),
        "",
        *note_lines(server, width),
    ]


def install_lines(server: Server, width: int = WIDTH) -> list[str]:
    """Return the guide's lines about the installation. Paths contain FOLDER, because the folder is not known yet."""
    return guide_lines(server, "FOLDER", width, before_request=False)[2:]


def query_lines(server: Server, name: str, served: str) -> list[str]:
    """Return the lines with the command that checks the running server, or a line that openssl cannot connect to it.

    `name` is the first name of the pair. If it is not a host name, the command contains HOST instead. `served` is the
    csrtui command that compares the answer with the pair.
    """
    if not server.query:
        return ["", _NO_QUERY]
    host = host_or_placeholder(name)
    port, _, options = server.query.partition(" ")
    line = (
        f"openssl s_client -connect {host}:{port} -servername {host}{' ' * bool(options)}{options} -showcerts"
    )
    return ["", _QUERY_HEADING, f"  {line} </dev/null | {served}"]


def owner_lines(server: Server) -> list[str]:
    """Return the lines about the owner of the key, or none if any user may own it."""
    if server.owner is None:
        return []
    return ["", f"The key must belong to {server.owner} (export --owner {server.owner})."]


def snippet_lines(snippets: Iterable[Snippet]) -> list[str]:
    """Return the lines of snippets. Above each snippet, a line says where it belongs."""
    lines = []
    for snippet in snippets:
        heading = f"{snippet.place[0].upper()}{snippet.place[1:]}:"
        lines += ["", heading, *(f"  {line}" for line in snippet.lines)]
    return lines


def note_lines(server: Server, width: int = WIDTH) -> list[str]:
    """Return the notes on a server and a reference to the vendor's documentation."""
    notes = [line for text in server.notes for line in (*_wrap(text, width), "")]
    return [*notes, *_wrap(f"{_DISCLAIMER} {server.documentation}.", width)]


def plan_lines(
    server: Server, plan: DeploymentPlan, folder: str, width: int = WIDTH, key_mode: int = 0o600
) -> list[str]:
    """Return a plan as lines: the files to be written, the snippets, and the notes on the server.

    Args:
        server: The server for which the plan was made.
        plan: The plan.
        folder: The folder for the files.
        width: The maximum number of columns in a line of text.
        key_mode: The mode of the files with the key.
    """
    files = [
        f"{folder.rstrip('/')}/{_describe_file(file, plan.base, key_mode, lacks_issuer=plan.lacks_issuer)}"
        for file in plan.files
    ]
    return [
        "Will be written:",
        *(line for file in files for line in _wrap(file, width, "  ", "    ")),
        *owner_lines(server),
        *snippet_lines(plan.snippets),
        "",
        *note_lines(server, width),
    ]


def _overview(platform: Platform, server: Server, width: int, *, before_request: bool) -> list[str]:
    """Return the lines about the files, the chain and the renewal, and those that matter before the request."""
    files = "; ".join(_describe_file(file) for file in server.files)
    protection = (
        "with a passphrase that the import asks for"
        if server.format is FileFormat.PKCS12
        else "without a passphrase, for unattended start"
    )
    key_type = f"{platform.key_type.label} unless you choose another. {server.key}"
    facts = [
        *([("Key type", key_type)] if before_request else []),
        ("Format", f"{server.format.value}: {files}"),
        ("Chain", server.chain),
        ("The key", protection),
        *(("Place", place) for place in server.places),
        ("Renewal", _RENEWAL + (_SEVERAL_FILES if len(server.files) > 1 else "")),
        *([("Old CSR", server.csr_reuse)] if before_request else []),
    ]
    indent = " " * _LABEL_WIDTH
    return [line for label, text in facts for line in _wrap(text, width, f"{label:<{_LABEL_WIDTH}}", indent)]


def _describe_file(
    file: ServerFile, base: str = "NAME", key_mode: int = 0o600, *, lacks_issuer: bool = False
) -> str:
    parts = ", ".join(_PART_LABELS[part] for part in file.parts) or "certificate, chain and private key"
    if lacks_issuer and (not file.parts or Part.CHAIN in file.parts):
        parts = f"{'certificate and private key' if file.has_key else 'certificate'} only: the chain is incomplete"
    return f"{base}{file.ending} ({parts}; {key_mode if file.has_key else 0o644:04o})"


def _wrap(text: str, width: int, first_indent: str = "", indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first_indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
