"""Servers that read PEM files from the disk."""

from csrtui.core.servers.file_layout import (
    ANY_KEY,
    CHAIN,
    FILES_ANYWAY,
    FULL_CHAIN,
    KEY,
    PLACES,
    READ_BY_ROOT,
    READ_BY_SERVICE_USER,
    FileBlock,
    FileForm,
    FileRow,
    OldCsr,
    Part,
    Quoting,
    Server,
)

ROWS = (
    Server(
        "nginx",
        FileForm.PEM,
        (FULL_CHAIN, KEY),
        "in one file with the certificate, behind it",
        ANY_KEY,
        (
            FileBlock(
                "in the server block",
                ("listen 443 ssl;", "ssl_certificate @certificate@;", "ssl_certificate_key @key@;"),
                Quoting.DOUBLE,
            ),
        ),
        (FileBlock("check and reload", ("nginx -t && systemctl reload nginx",)),),
        OldCsr.YES,
        FILES_ANYWAY,
        "nginx.org, Module ngx_http_ssl_module",
        PLACES,
        (READ_BY_ROOT,),
    ),
    Server(
        "apache",
        FileForm.PEM,
        (FULL_CHAIN, CHAIN, KEY),
        "in one file with the certificate, behind it, from 2.4.8; before that in a file of its own",
        ANY_KEY,
        (
            FileBlock(
                "in the virtual host, from 2.4.8",
                (
                    "SSLEngine on",
                    "SSLCertificateFile @certificate@",
                    "SSLCertificateKeyFile @key@",
                ),
                Quoting.DOUBLE,
            ),
            FileBlock("before 2.4.8 in addition", ("[[SSLCertificateChainFile @chain@]]",), Quoting.DOUBLE),
        ),
        (
            FileBlock("check and reload, Debian", ("apachectl configtest && systemctl reload apache2",)),
            FileBlock("check and reload, RHEL", ("apachectl configtest && systemctl reload httpd",)),
        ),
        OldCsr.YES,
        FILES_ANYWAY,
        "httpd.apache.org, Apache Module mod_ssl",
        PLACES,
        (READ_BY_ROOT, "On Debian the module is switched on with: a2enmod ssl"),
    ),
    Server(
        "haproxy",
        FileForm.PEM,
        (FileRow("bundle", ".pem", (Part.LEAF, Part.CHAIN, Part.KEY)),),
        "in the one file: certificate, chain, key",
        ANY_KEY,
        (FileBlock("in the frontend", ("bind :443 ssl crt @bundle@",), Quoting.SINGLE),),
        (
            FileBlock(
                "check and reload",
                ("haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy",),
            ),
        ),
        OldCsr.YES,
        FILES_ANYWAY,
        "docs.haproxy.org, Configuration Manual, bind options: crt",
        ("usually: /etc/haproxy/certs, a folder of its own; crt also takes the whole folder",),
        (
            READ_BY_ROOT,
            "Where crt names a folder, HAProxy loads every file in it: no backups or notes beside this one.",
        ),
    ),
    Server(
        "postfix",
        FileForm.PEM,
        (FileRow("bundle", ".pem", (Part.KEY, Part.LEAF, Part.CHAIN)),),
        "in the one file: key first, then certificate and chain",
        ANY_KEY,
        (
            FileBlock(
                "in main.cf, Postfix 3.4 and later",
                ("smtpd_tls_chain_files = @bundle@", "smtpd_tls_security_level = may"),
            ),
        ),
        (FileBlock("check and reload", ("postfix check && postfix reload",)),),
        OldCsr.YES,
        FILES_ANYWAY,
        "postfix.org, TLS_README",
        PLACES,
        (
            READ_BY_ROOT,
            "Before 3.4 the file is named twice instead: smtpd_tls_cert_file and smtpd_tls_key_file.",
        ),
    ),
    Server(
        "dovecot",
        FileForm.PEM,
        (FULL_CHAIN, KEY),
        "in one file with the certificate, behind it",
        ANY_KEY,
        (
            FileBlock("Dovecot 2.4", ("ssl_server_cert_file = @certificate@", "ssl_server_key_file = @key@")),
            FileBlock(
                "Dovecot 2.3, with the < before the path", ("ssl_cert = <@certificate@", "ssl_key = <@key@")
            ),
        ),
        (FileBlock("check and reload", ("doveconf -n >/dev/null && doveadm reload",)),),
        OldCsr.YES,
        FILES_ANYWAY,
        "doc.dovecot.org, SSL configuration",
        PLACES,
        (READ_BY_ROOT,),
    ),
    Server(
        "exim",
        FileForm.PEM,
        (FULL_CHAIN, KEY),
        "in one file with the certificate, behind it",
        ANY_KEY,
        (
            FileBlock(
                "in the main part of the configuration",
                ("tls_advertise_hosts = *", "tls_certificate = @certificate@", "tls_privatekey = @key@"),
                Quoting.LIST,
            ),
        ),
        (
            FileBlock(
                "check; the files are read at each connection, so nothing is reloaded for them", ("exim -bV",)
            ),
        ),
        OldCsr.YES,
        FILES_ANYWAY,
        "exim.org, Specification, Encrypted SMTP connections using TLS/SSL",
        PLACES,
        (
            (
                "Exim reads the key as its own user, after it has given up root's rights: that user has to be able to "
                "read it. On Debian: chown root:Debian-exim KEY && chmod 640 KEY; on RHEL the group is exim."
            ),
        ),
    ),
    Server(
        "lighttpd",
        FileForm.PEM,
        (FULL_CHAIN, KEY),
        "in one file with the certificate, behind it",
        ANY_KEY,
        (
            FileBlock(
                "in the socket's part of the configuration, with mod_openssl in server.modules",
                (
                    'ssl.engine = "enable"',
                    'ssl.pemfile = "@certificate@"',
                    'ssl.privkey = "@key@"',
                ),
                Quoting.LINE,
            ),
        ),
        (
            FileBlock(
                "check and restart",
                ("lighttpd -tt -f /etc/lighttpd/lighttpd.conf && systemctl restart lighttpd",),
            ),
        ),
        OldCsr.YES,
        FILES_ANYWAY,
        "redmine.lighttpd.net, Docs SSL",
        PLACES,
        (
            READ_BY_ROOT,
            "On Debian mod_openssl is a package of its own: lighttpd-mod-openssl.",
            "ssl.privkey is known from 1.4.53; before that the key goes into the file of ssl.pemfile too.",
        ),
    ),
    Server(
        "other",
        FileForm.PEM,
        (FULL_CHAIN, KEY),
        "in one file with the certificate, behind it",
        ANY_KEY,
        (
            FileBlock(
                "where the configuration wants the files",
                ("certificate and chain: @certificate@", "private key: @key@"),
                Quoting.LINE,
            ),
        ),
        (),
        OldCsr.YES,
        FILES_ANYWAY,
        "the one of your server software",
        PLACES,
        (
            READ_BY_SERVICE_USER,
            "A server that starts as root may read the key before it drops privileges: then root keeps it, mode 0600.",
            "A server that wants PKCS #12 is given what is made for tomcat or iis.",
        ),
    ),
)
