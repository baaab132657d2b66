"""The list of commands, in the order of the help."""

from csrtui.cli.commands import backup, check, csr, listing, new, restore, show, verify

COMMANDS = (
    new.COMMAND,
    check.COMMAND,
    listing.COMMAND,
    show.COMMAND,
    csr.COMMAND,
    backup.COMMAND,
    verify.COMMAND,
    restore.COMMAND,
)
