"""The list of commands, in the order of the help. The module of a command is imported when the command is used."""

import os

import csrtui
from csrtui.cli.parser import CliCommand

_SUMMARIES = {
    "new": "Generate a private key and its CSR, and keep both.",
    "check": "Check names and fields against CA rules.",
    "inspect": "Describe CSRs, certificates, chains, keys and backups; nothing is stored.",
    "list": "List the pairs, the most urgent first.",
    "show": "Show one pair in full.",
    "csr": "Print the CSR of a pair as PEM.",
    "backup": "Write encrypted backups, each verified by a restore test.",
    "verify": "Check backups; with a passphrase, test restoring them.",
    "restore": "Restore a pair from its backup; never overwrites a pair.",
    "import": "Import certificates; each is matched to its pair.",
    "renew": "Renew a pair, with a new key or with the old CSR.",
    "adopt": "Import existing keys as pairs.",
    "export": "Export files for a server.",
    "guide": "Show the guide for a server.",
    "served": "Compare the certificates that a server sends (openssl s_client) with a pair.",
    "retire": "Mark pairs as no longer used, or undo this; nothing is deleted.",
    "doctor": "Check the whole keystore and suggest fixes.",
    "completion": "Print the completion script for bash, zsh or fish.",
    "help": "Show the help of a command, or a topic of the documentation.",
}
_MODULES = {"import": "import_"}
"""The module names that differ from the command, because the command is a Python keyword."""

COMMANDS = tuple(
    CliCommand(name, summary, f"csrtui.cli.commands.{_MODULES.get(name, name)}")
    for name, summary in _SUMMARIES.items()
)
# A distribution can leave out csrtui/fleet; csrtui then has no fleet command.
if os.path.isdir(os.path.join(*csrtui.__path__, "fleet")):
    COMMANDS += (
        CliCommand(
            "fleet", "Work with the keystores of many hosts, through Ansible.", "csrtui.fleet.cli.commands"
        ),
    )
