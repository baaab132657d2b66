"""Every server software of `csrtui.core.servers.platforms`, with what it wants: tables, no code."""

from csrtui.core.servers import daemons, keystores, managed

SERVERS = {row.platform: row for row in (*daemons.ROWS, *keystores.ROWS, *managed.ROWS)}
"""What every server software wants, by the id of its platform."""
