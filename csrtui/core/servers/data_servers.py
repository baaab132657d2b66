"""Databases, message brokers and directories, which run as their own users and read PEM files.

The docstring of `network_servers` lists those that a test starts.
"""

from csrtui.core.servers.server import CHAIN, KEY, LEAF, READ_BY_OWN_USER, Quoting, Server, Snippet


def _mysql(platform: str, reload: str, documentation: str) -> Server:
    return Server(
        platform=platform,
        snippets=(
            Snippet(
                "in the section [mysqld] of my.cnf",
                ("ssl_cert = @certificate@", "ssl_key = @key@"),
                Quoting.LINE,
            ),
            Snippet("reload, in the client as an administrator", (reload,)),
        ),
        owner="mysql",
        query="3306 -starttls mysql",
        documentation=documentation,
        notes=(
            READ_BY_OWN_USER,
            "The first time, restart the server; after a renewal, the reload is enough.",
        ),
    )


SERVERS = (
    Server(
        platform="postgresql",
        snippets=(
            Snippet(
                "in postgresql.conf",
                ("ssl = on", "ssl_cert_file = '@certificate@'", "ssl_key_file = '@key@'"),
                Quoting.APOSTROPHE,
            ),
            Snippet("reload", ("systemctl reload postgresql",)),
        ),
        owner="postgres",
        query="5432 -starttls postgres",
        documentation="postgresql.org, Secure TCP/IP Connections with SSL",
        notes=(READ_BY_OWN_USER, "It does not start if others can read the key."),
    ),
    _mysql(
        "mysql", "ALTER INSTANCE RELOAD TLS;", "dev.mysql.com, Configuring MySQL to Use Encrypted Connections"
    ),
    _mysql("mariadb", "FLUSH SSL;", "mariadb.com, Securing Connections for Client and Server"),
    Server(
        platform="openldap",
        snippets=(
            Snippet(
                "in a file tls.ldif",
                (
                    "dn: cn=config",
                    "changetype: modify",
                    "replace: olcTLSCertificateFile",
                    "olcTLSCertificateFile: @certificate@",
                    "-",
                    "replace: olcTLSCertificateKeyFile",
                    "olcTLSCertificateKeyFile: @key@",
                ),
                Quoting.LINE,
            ),
            Snippet("as root, once", ("ldapmodify -Y EXTERNAL -H ldapi:/// -f tls.ldif",)),
            Snippet("restart, the first time and after a renewal", ("systemctl restart slapd",)),
        ),
        owner="openldap",
        query="636",
        documentation="openldap.org, Administrator's Guide, Using TLS",
        notes=(
            READ_BY_OWN_USER,
            "On the RHEL family, this user is ldap.",
            (
                "For port 636, ldaps:/// must be among the URLs that slapd listens on (Debian: SLAPD_SERVICES in "
                "/etc/default/slapd)."
            ),
        ),
    ),
    Server(
        platform="redis",
        snippets=(
            Snippet(
                "in redis.conf, 6.0 and later; port 0 turns unencrypted connections off",
                (
                    "port 0",
                    "tls-port 6379",
                    "tls-cert-file @certificate@",
                    "tls-key-file @key@",
                    "tls-auth-clients no",
                ),
                Quoting.DOUBLE,
            ),
            Snippet("restart", ("systemctl restart redis-server",)),
        ),
        owner="redis",
        query="6379",
        documentation="redis.io, TLS",
        notes=(
            READ_BY_OWN_USER,
            "It reads the files at start only.",
            "On the RHEL family, the service is redis.",
        ),
    ),
    Server(
        platform="rabbitmq",
        files=(LEAF, CHAIN, KEY),
        chain="in a separate file (cacertfile)",
        snippets=(
            Snippet(
                "in rabbitmq.conf",
                (
                    "listeners.ssl.default = 5671",
                    "[[ssl_options.cacertfile = @chain@]]",
                    "ssl_options.certfile = @certificate@",
                    "ssl_options.keyfile = @key@",
                ),
                Quoting.LINE,
            ),
            Snippet("the first time", ("systemctl restart rabbitmq-server",)),
            Snippet("after a renewal", ("rabbitmqctl eval 'ssl:clear_pem_cache().'",)),
        ),
        owner="rabbitmq",
        query="5671",
        documentation="rabbitmq.com, TLS Support",
        notes=(READ_BY_OWN_USER,),
    ),
    Server(
        platform="mosquitto",
        snippets=(
            Snippet(
                "in mosquitto.conf",
                ("listener 8883", "certfile @certificate@", "keyfile @key@"),
                Quoting.LINE,
            ),
            Snippet("restart", ("systemctl restart mosquitto",)),
        ),
        owner="mosquitto",
        query="8883",
        documentation="mosquitto.org, mosquitto.conf man page",
        notes=(READ_BY_OWN_USER,),
    ),
)
