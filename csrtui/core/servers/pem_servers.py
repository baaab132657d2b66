"""Servers that read PEM files from disk.

The docstring of `network_servers` lists those that a test starts.
"""

from csrtui.core.servers.server import (
    CHAIN,
    FULL_CHAIN,
    KEY,
    LEAF,
    READ_BY_OWN_USER,
    Part,
    Quoting,
    Server,
    ServerFile,
    Snippet,
)


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


_DATA_SERVERS = (
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
            "It reads the files only at startup.",
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


_READ_BY_ROOT = "It reads the key as root before dropping privileges, so keep it root-owned, 0600."
_READ_BY_SERVICE_USER = (
    "The key must belong to the user that the server runs as. mosquitto, Redis, PostgreSQL, MariaDB and slapd read "
    "it as that user and do not start with a key that root owns: chown USER KEY, mode 0600. USER is mosquitto, "
    "redis, postgres or mysql; for slapd openldap (Debian) or ldap (RHEL)."
)

_TLSA = (
    "With DANE, publish a TLSA record for {}: csrtui show --tlsa PAIR prints its data. Before you install a new key, "
    "publish its record too and wait two TTLs."
)

SERVERS = (
    Server(
        platform="nginx",
        snippets=(
            Snippet(
                "in the server block",
                ("listen 443 ssl;", "ssl_certificate @certificate@;", "ssl_certificate_key @key@;"),
                Quoting.DOUBLE,
            ),
            Snippet("check and reload", ("nginx -t && systemctl reload nginx",)),
        ),
        documentation="nginx.org, Module ngx_http_ssl_module",
        notes=(_READ_BY_ROOT,),
    ),
    Server(
        platform="apache",
        files=(FULL_CHAIN, CHAIN, KEY),
        chain="from 2.4.8, in the file of the certificate, after it; in older versions, in a separate file",
        snippets=(
            Snippet(
                "in the virtual host, from 2.4.8",
                ("SSLEngine on", "SSLCertificateFile @certificate@", "SSLCertificateKeyFile @key@"),
                Quoting.DOUBLE,
            ),
            Snippet("before 2.4.8, also", ("[[SSLCertificateChainFile @chain@]]",), Quoting.DOUBLE),
            Snippet("check and reload, Debian", ("apachectl configtest && systemctl reload apache2",)),
            Snippet("check and reload, RHEL", ("apachectl configtest && systemctl reload httpd",)),
        ),
        documentation="httpd.apache.org, Apache Module mod_ssl",
        notes=(_READ_BY_ROOT, "On Debian, enable the module with: a2enmod ssl"),
    ),
    Server(
        platform="haproxy",
        files=(ServerFile("bundle", ".pem", (Part.LEAF, Part.CHAIN, Part.KEY)),),
        chain="in the one file: certificate, chain, key",
        snippets=(
            Snippet("in the frontend", ("bind :443 ssl crt @bundle@",), Quoting.SINGLE),
            Snippet(
                "check and reload", ("haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy",)
            ),
        ),
        documentation="docs.haproxy.org, Configuration Manual, bind options: crt",
        places=("usually: /etc/haproxy/certs, a separate folder; crt also accepts the whole folder",),
        notes=(
            _READ_BY_ROOT,
            "If crt names a folder, HAProxy loads every file in it, so keep no backups or notes there.",
        ),
    ),
    Server(
        platform="postfix",
        files=(ServerFile("bundle", ".pem", (Part.KEY, Part.LEAF, Part.CHAIN)),),
        chain="in the one file: key first, then certificate and chain",
        snippets=(
            Snippet(
                "in main.cf, Postfix 3.4 and later",
                ("smtpd_tls_chain_files = @bundle@", "smtpd_tls_security_level = may"),
            ),
            Snippet("check and reload", ("postfix check && postfix reload",)),
        ),
        query="25 -starttls smtp",
        documentation="postfix.org, TLS_README",
        notes=(
            _READ_BY_ROOT,
            "Before 3.4, name the file twice instead: in smtpd_tls_cert_file and smtpd_tls_key_file.",
            _TLSA.format("_25._tcp.HOST"),
        ),
    ),
    Server(
        platform="dovecot",
        snippets=(
            Snippet("Dovecot 2.4", ("ssl_server_cert_file = @certificate@", "ssl_server_key_file = @key@")),
            Snippet(
                "Dovecot 2.3, with the < before the path", ("ssl_cert = <@certificate@", "ssl_key = <@key@")
            ),
            Snippet("check and reload", ("doveconf -n >/dev/null && doveadm reload",)),
        ),
        query="143 -starttls imap",
        documentation="doc.dovecot.org, SSL configuration",
        notes=(_READ_BY_ROOT, _TLSA.format("_993._tcp.HOST (IMAPS)")),
    ),
    Server(
        platform="exim",
        snippets=(
            Snippet(
                "in the main part of the configuration",
                ("tls_advertise_hosts = *", "tls_certificate = @certificate@", "tls_privatekey = @key@"),
                Quoting.LIST,
            ),
            Snippet("check; Exim reads the files at each connection, so no reload is needed", ("exim -bV",)),
        ),
        query="25 -starttls smtp",
        documentation="exim.org, Specification, Encrypted SMTP connections using TLS/SSL",
        notes=(
            (
                "Exim reads the key as its own user, after it has dropped root's privileges, so that user must be able "
                "to read it. On Debian: chown root:Debian-exim KEY && chmod 640 KEY; on RHEL the group is exim."
            ),
            _TLSA.format("_25._tcp.HOST"),
        ),
    ),
    Server(
        platform="lighttpd",
        snippets=(
            Snippet(
                "in the block of the HTTPS socket, with mod_openssl in server.modules",
                ('ssl.engine = "enable"', 'ssl.pemfile = "@certificate@"', 'ssl.privkey = "@key@"'),
                Quoting.LINE,
            ),
            Snippet(
                "check and restart",
                ("lighttpd -tt -f /etc/lighttpd/lighttpd.conf && systemctl restart lighttpd",),
            ),
        ),
        documentation="redmine.lighttpd.net, Docs SSL",
        notes=(
            _READ_BY_ROOT,
            "On Debian, mod_openssl is a separate package: lighttpd-mod-openssl.",
            "ssl.privkey exists from 1.4.53; before that, put the key into the file of ssl.pemfile too.",
        ),
    ),
    Server(
        platform="other",
        snippets=(
            Snippet(
                "where the configuration names the files",
                ("certificate and chain: @certificate@", "private key: @key@"),
                Quoting.LINE,
            ),
        ),
        documentation="that of your server software",
        notes=(
            _READ_BY_SERVICE_USER,
            "A server that starts as root may read the key before it drops privileges; then keep it root-owned, 0600.",
            "If your server needs PKCS #12, choose tomcat or iis instead.",
        ),
    ),
    *_DATA_SERVERS,
)
