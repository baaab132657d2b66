"""The server software that csrtui supports, as a table."""

from typing import NamedTuple

from csrtui.core.base.errors import InputError
from csrtui.core.keys.key_types import DEFAULT_KEY_TYPE, KeyType


class Platform(NamedTuple):
    """A server program.

    Attributes:
        id: The name on the command line and in JSON.
        label: The name in the vendor's spelling.
        key_type: The default key type for a new request.
    """

    id: str
    label: str
    key_type: KeyType = DEFAULT_KEY_TYPE


OTHER = "other"

PLATFORMS = {
    platform.id: platform
    for platform in (
        Platform("nginx", "nginx"),
        Platform("apache", "Apache httpd"),
        Platform("haproxy", "HAProxy"),
        Platform("postfix", "Postfix"),
        Platform("dovecot", "Dovecot"),
        Platform("exim", "Exim"),
        Platform("lighttpd", "lighttpd"),
        Platform("tomcat", "Apache Tomcat"),
        Platform("weblogic", "Oracle WebLogic", KeyType.RSA_2048),
        Platform("iis", "Microsoft IIS"),
        Platform("exchange", "Microsoft Exchange", KeyType.RSA_2048),
        Platform("f5", "F5 BIG-IP"),
        Platform("cpanel", "cPanel"),
        Platform("plesk", "Plesk"),
        Platform("domino", "HCL Domino", KeyType.RSA_2048),
        Platform("caddy", "Caddy"),
        Platform("traefik", "Traefik"),
        Platform("stunnel", "stunnel"),
        Platform("squid", "Squid"),
        Platform("postgresql", "PostgreSQL"),
        Platform("mysql", "MySQL"),
        Platform("mariadb", "MariaDB"),
        Platform("redis", "Redis"),
        Platform("rabbitmq", "RabbitMQ"),
        Platform("mosquitto", "Mosquitto"),
        Platform("openldap", "OpenLDAP"),
        Platform("freeradius", "FreeRADIUS"),
        Platform("openvpn", "OpenVPN"),
        Platform("coturn", "coturn"),
        Platform("prosody", "Prosody"),
        Platform("cups", "CUPS"),
        Platform("proftpd", "ProFTPD"),
        Platform("vsftpd", "vsftpd"),
        Platform("nodejs", "Node.js"),
        Platform("spring-boot", "Spring Boot"),
        Platform("jetty", "Eclipse Jetty"),
        Platform("kubernetes", "Kubernetes"),
        Platform("gitlab", "GitLab"),
        Platform("proxmox", "Proxmox VE"),
        Platform("vcenter", "VMware vCenter", KeyType.RSA_2048),
        Platform("nginx-proxy-manager", "Nginx Proxy Manager"),
        Platform("windows-rdp", "Windows Remote Desktop", KeyType.RSA_2048),
        Platform("windows-ldaps", "Windows domain controller (LDAPS)", KeyType.RSA_2048),
        Platform(OTHER, "other"),
    )
}
"""The platforms by id, in the order in which they are displayed."""


def read_platform(text: str) -> Platform:
    """Return the platform with the id `text`.

    Raises:
        InputError: No platform has this id. The hint lists all ids.
    """
    try:
        return PLATFORMS[text]
    except KeyError:
        raise InputError(f"unknown server software {text[:60]!r}", f"known: {', '.join(PLATFORMS)}") from None
