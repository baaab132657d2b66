"""The list of commands, in the order of the help; the module of a command is loaded when it is used."""

import os

import csrtui
from csrtui.cli.parser import CliCommand

COMMANDS: tuple[CliCommand, ...] = (
    CliCommand("new", "Make a private key and its CSR, and keep both.", "csrtui.cli.commands.new"),
    CliCommand("check", "Check names and fields against CA rules.", "csrtui.cli.commands.check"),
    CliCommand("list", "List the pairs, what wants attention first.", "csrtui.cli.commands.list"),
    CliCommand("show", "Show one pair in full.", "csrtui.cli.commands.show"),
    CliCommand("csr", "Print the CSR of a pair as PEM.", "csrtui.cli.commands.csr"),
    CliCommand(
        "backup", "Write encrypted backups, each proved by restoring it.", "csrtui.cli.commands.backup"
    ),
    CliCommand(
        "verify",
        "Look at backups again; with a passphrase, restore them for proof.",
        "csrtui.cli.commands.verify",
    ),
    CliCommand(
        "restore",
        "Bring a pair back from its backup; never over one that is there.",
        "csrtui.cli.commands.restore",
    ),
    CliCommand("import", "Import certificates; each is matched to its pair.", "csrtui.cli.commands.import_"),
    CliCommand("renew", "Renew: with a new pair, or with the old CSR again.", "csrtui.cli.commands.renew"),
    CliCommand("adopt", "Bring keys made elsewhere into the keystore.", "csrtui.cli.commands.adopt"),
    CliCommand("export", "Export files for a server.", "csrtui.cli.commands.export"),
    CliCommand("guide", "Show the guide for a server.", "csrtui.cli.commands.guide"),
    CliCommand("retire", "Mark pairs as no longer used; nothing is deleted.", "csrtui.cli.commands.retire"),
    CliCommand(
        "doctor",
        "Check the whole keystore and suggest fixes.",
        "csrtui.cli.commands.doctor",
    ),
)
_FLEET = CliCommand("fleet", "The keystores of many hosts, through Ansible.", "csrtui.fleet.cli.commands")
# A distribution can leave out csrtui/fleet. Then csrtui has no fleet command.
if os.path.isdir(os.path.join(*csrtui.__path__, "fleet")):
    COMMANDS = (*COMMANDS, _FLEET)
