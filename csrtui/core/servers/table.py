"""The table of all servers."""

from csrtui.core.servers import managed_servers, network_servers, pem_servers, pkcs12_servers

SERVERS = {
    server.platform: server
    for server in (
        *pem_servers.SERVERS,
        *network_servers.SERVERS,
        *pkcs12_servers.SERVERS,
        *managed_servers.SERVERS,
    )
}
"""The servers by the id of their platform."""
