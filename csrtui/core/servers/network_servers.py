"""Proxies, platforms and other services that read PEM files.

`tests/interop/test_services_take_exports.py` starts some servers of this module and of `pem_servers` with exported
files and connects to them with openssl: caddy, coturn, mariadb, mosquitto, nodejs, openldap, postgresql, proftpd,
redis, squid, stunnel and vsftpd. No test starts the others (cups, freeradius, gitlab, kubernetes, mysql,
nginx-proxy-manager, openvpn, proxmox, rabbitmq, traefik, vcenter), nor those of `pkcs12_servers` except tomcat. They
follow the documentation that they name.
"""

from csrtui.core.servers.server import CHAIN, KEY, LEAF, NEW_PAIR, READ_BY_OWN_USER, Quoting, Server, Snippet

_RESTART = "It reads the files only at startup."


SERVERS = (
    Server(
        platform="caddy",
        snippets=(
            Snippet("in the site block of the Caddyfile", ("tls @certificate@ @key@",), Quoting.DOUBLE),
            Snippet(
                "check and reload; without --force, a file with the same name is not read",
                (
                    "caddy validate --config /etc/caddy/Caddyfile && caddy reload --config /etc/caddy/Caddyfile --force",
                ),
            ),
        ),
        owner="caddy",
        documentation="caddyserver.com, Caddyfile directives: tls",
        notes=(READ_BY_OWN_USER, "With this line, Caddy itself does not request a certificate for the site."),
    ),
    Server(
        platform="traefik",
        snippets=(
            Snippet(
                "in a file of the dynamic configuration, such as /etc/traefik/dynamic/tls.yml",
                ("tls:", "  certificates:", "    - certFile: @certificate@", "      keyFile: @key@"),
                Quoting.DOUBLE,
            ),
            Snippet(
                "reload; Traefik watches that file, not the certificate",
                ("touch /etc/traefik/dynamic/tls.yml",),
            ),
        ),
        documentation="doc.traefik.io, TLS, User defined certificates",
        notes=("It reads the key as its own user, often in a container: mount the folder there.",),
    ),
    Server(
        platform="kubernetes",
        snippets=(
            Snippet(
                "in the namespace of the Ingress, and again after a renewal",
                (
                    (
                        "kubectl create secret tls @base@ --cert=@certificate@ --key=@key@ --dry-run=client -o yaml "
                        "| kubectl apply -f -"
                    ),
                ),
                Quoting.SINGLE,
            ),
            Snippet("in the Ingress, under spec.tls", ("- secretName: @base@",)),
        ),
        csr_reuse=f"Yes: the secret contains the key, so the old CSR can be used as long as its key exists. {NEW_PAIR}",
        documentation="kubernetes.io, kubectl create secret tls",
        places=("stored by the cluster, as a secret of the type kubernetes.io/tls",),
        notes=("Delete the files here once the secret exists: the key in them has no passphrase.",),
    ),
    Server(
        platform="nodejs",
        snippets=(
            Snippet(
                "in the program",
                (
                    'const tls = {cert: fs.readFileSync("@certificate@"), key: fs.readFileSync("@key@")};',
                    "const server = https.createServer(tls, app).listen(443);",
                ),
                Quoting.LINE,
            ),
            Snippet(
                "after a renewal: read both files again and run this line, or restart",
                ("server.setSecureContext(tls);",),
            ),
        ),
        documentation="nodejs.org, https.createServer and tls.Server.setSecureContext",
        places=("a folder that the user of the program can read",),
        notes=("The user that the program runs as must own the key: use --owner.",),
    ),
    Server(
        platform="gitlab",
        snippets=(
            Snippet(
                "in /etc/gitlab/gitlab.rb, with an external_url that begins with https",
                (
                    "letsencrypt['enable'] = false",
                    "nginx['ssl_certificate'] = \"@certificate@\"",
                    "nginx['ssl_certificate_key'] = \"@key@\"",
                ),
                Quoting.LINE,
            ),
            Snippet("the first time", ("gitlab-ctl reconfigure",)),
            Snippet("after a renewal", ("gitlab-ctl hup nginx",)),
        ),
        documentation="docs.gitlab.com, Omnibus, Configure SSL manually",
        places=("usually: /etc/gitlab/ssl",),
        notes=("GitLab's nginx reads the key as root, so keep it root-owned, 0600.",),
    ),
    Server(
        platform="proxmox",
        snippets=(
            Snippet(
                "on the node as root; pveproxy is restarted",
                ("pvenode cert set @certificate@ @key@ --force 1 --restart 1",),
                Quoting.SINGLE,
            ),
        ),
        query="8006",
        documentation="pve.proxmox.com, Certificate Management",
        places=("copied to: /etc/pve/nodes/NODE/pveproxy-ssl.pem and .key",),
        notes=("Repeat the command on each node that the certificate names.",),
    ),
    Server(
        platform="vcenter",
        files=(LEAF, CHAIN, KEY),
        chain="in a separate field, with the root at the end",
        key="RSA 2048 or longer; vCenter does not accept elliptic curves here.",
        snippets=(
            Snippet(
                "in the vSphere Client, Administration, Certificate Management, Machine SSL",
                (
                    "Machine SSL Certificate: @certificate@",
                    "[[Chain of trusted root certificates: @chain@]]",
                    "Private Key: @key@",
                ),
                Quoting.LINE,
            ),
        ),
        csr_reuse=f"Yes: the key is imported with the certificate, so the old CSR can be used as long as its key exists. {NEW_PAIR}",
        documentation="techdocs.broadcom.com, vSphere, Replace the Machine SSL Certificate",
        places=("stored by vCenter itself (VECS)",),
        notes=("The services of vCenter restart.", "Add the CA's root to the end of the chain file."),
    ),
    Server(
        platform="nginx-proxy-manager",
        files=(LEAF, CHAIN, KEY),
        chain="in a separate field (Intermediate Certificate)",
        snippets=(
            Snippet(
                "in the browser, SSL Certificates, Add, Custom: the files into the fields",
                (
                    "Certificate Key: @key@",
                    "Certificate: @certificate@",
                    "[[Intermediate Certificate: @chain@]]",
                ),
                Quoting.LINE,
            ),
        ),
        csr_reuse=f"Yes: the key is uploaded with the certificate, so the old CSR can be used as long as its key exists. {NEW_PAIR}",
        documentation="nginxproxymanager.com, Guide",
        places=("stored by Nginx Proxy Manager itself, in its data volume",),
        notes=("After a renewal, choose the new certificate in each proxy host.",),
    ),
    Server(
        platform="stunnel",
        snippets=(
            Snippet("in the service's section", ("cert = @certificate@", "key = @key@"), Quoting.LINE),
            Snippet("reload", ("systemctl reload stunnel4",)),
        ),
        documentation="stunnel.org, stunnel manual",
        notes=("It reads the key before it changes to the user of setuid, so keep it root-owned, 0600.",),
    ),
    Server(
        platform="squid",
        snippets=(
            Snippet("in squid.conf", ("https_port 3129 tls-cert=@certificate@ tls-key=@key@",)),
            Snippet("check and restart", ("squid -k parse && systemctl restart squid",)),
        ),
        query="3129",
        documentation="squid-cache.org, https_port",
        notes=(
            "It reads the key at startup as root, so keep it root-owned, 0600, and restart after a renewal.",
            "On Debian, the package with TLS is squid-openssl.",
        ),
    ),
    Server(
        platform="openvpn",
        snippets=(
            Snippet(
                "in the server's configuration",
                ("cert @certificate@", "key @key@"),
                Quoting.DOUBLE,
            ),
            Snippet(
                "restart; server is the name of the configuration",
                ("systemctl restart openvpn-server@server",),
            ),
        ),
        query="",
        documentation="openvpn.net, Reference manual: cert, key",
        notes=("It reads the key as root before it changes to the user of the configuration.",),
    ),
    Server(
        platform="freeradius",
        snippets=(
            Snippet(
                "in mods-enabled/eap, in tls-config tls-common",
                ('certificate_file = "@certificate@"', 'private_key_file = "@key@"'),
                Quoting.LINE,
            ),
            Snippet("check and restart", ("freeradius -XC && systemctl restart freeradius",)),
        ),
        owner="freerad",
        query="",
        documentation="freeradius.org, mods-available/eap",
        notes=(
            READ_BY_OWN_USER,
            "On the RHEL family, user and program are radiusd.",
            "EAP clients check the name and the CA: a new CA needs a change on every client.",
        ),
    ),
    Server(
        platform="cups",
        snippets=(
            Snippet(
                "in the folder of ServerKeychain (cups-files.conf), named after ServerName",
                ("certificate and chain: @certificate@", "private key: @key@"),
                Quoting.LINE,
            ),
            Snippet("restart", ("systemctl restart cups",)),
        ),
        query="631",
        documentation="openprinting.github.io, cups-files.conf: ServerKeychain",
        places=("usually: /etc/cups/ssl",),
        notes=(
            "It reads the key as root, so keep it root-owned, 0600.",
            "The names of the files are fixed: HOST.crt and HOST.key, where HOST is ServerName in cupsd.conf.",
        ),
    ),
    Server(
        platform="coturn",
        snippets=(
            Snippet("in turnserver.conf", ("cert=@certificate@", "pkey=@key@"), Quoting.LINE),
            Snippet("the first time", ("systemctl restart coturn",)),
            Snippet("after a renewal", ("systemctl kill -s USR2 coturn",)),
        ),
        owner="turnserver",
        query="5349",
        documentation="github.com/coturn/coturn, turnserver.conf",
        notes=(READ_BY_OWN_USER,),
    ),
    Server(
        platform="proftpd",
        files=(LEAF, CHAIN, KEY),
        chain="in a separate file",
        snippets=(
            Snippet("in tls.conf", ("TLSEngine on", "[[TLSCertificateChainFile @chain@]]"), Quoting.DOUBLE),
            Snippet(
                "with an EC key",
                ("TLSECCertificateFile @certificate@", "TLSECCertificateKeyFile @key@"),
                Quoting.DOUBLE,
            ),
            Snippet(
                "with an RSA key",
                ("TLSRSACertificateFile @certificate@", "TLSRSACertificateKeyFile @key@"),
                Quoting.DOUBLE,
            ),
            Snippet("check and reload", ("proftpd -t && systemctl reload proftpd",)),
        ),
        query="21 -starttls ftp",
        documentation="proftpd.org, mod_tls",
        notes=(
            "It reads the key as root, so keep it root-owned, 0600.",
            "On Debian, mod_tls is a separate package: proftpd-mod-crypto.",
        ),
    ),
    Server(
        platform="vsftpd",
        snippets=(
            Snippet(
                "in vsftpd.conf, without spaces around =; both settings also apply to EC keys",
                ("ssl_enable=YES", "rsa_cert_file=@certificate@", "rsa_private_key_file=@key@"),
                Quoting.LINE,
            ),
            Snippet("restart", ("systemctl restart vsftpd",)),
        ),
        query="21 -starttls ftp",
        documentation="security.appspot.com/vsftpd.html, vsftpd.conf",
        notes=("It reads the key as root, so keep it root-owned, 0600.", _RESTART),
    ),
)
