"""The list of commands, in the order of the help."""

from csrtui.cli.commands import check, csr, listing, new, show

COMMANDS = (new.COMMAND, check.COMMAND, listing.COMMAND, show.COMMAND, csr.COMMAND)
