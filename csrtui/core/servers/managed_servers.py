"""Devices, hosting panels and servers that store certificates themselves.

The snippets have these sources. None of them can be tested without the vendor's software:

- f5: clouddocs.f5.com, tmsh reference, sys crypto key and cert (install … from-local-file), ltm profile client-ssl
  (cert-key-chain).
- cpanel: api.docs.cpanel.net, UAPI, SSL::install_ssl; ``--input=json``, which reads the parameters from standard
  input, as in the command line samples of its OpenAPI description.
- plesk: docs.plesk.com, Command line utilities: certificate (-domain, -cert-file, -key-file, -cacert-file), site
  (-certificate-name).
- domino: opensource.hcltechsw.com/domino-cert-manager; HCL's documentation of kyrtool (create, import all), which
  needs the key, then the certificates from the leaf to the root.
"""

from csrtui.core.servers.server import CHAIN, KEY, LEAF, NEW_PAIR, Part, Quoting, Server, ServerFile, Snippet

_BOTH_KEY_TYPES = "RSA 2048 and EC P-256 both work."

SERVERS = (
    Server(
        platform="f5",
        files=(LEAF, CHAIN, KEY),
        chain="a separate object",
        snippets=(
            Snippet(
                "here; BIG-IP is the device",
                ("scp @certificate@ [[@chain@ ]]@key@ root@BIG-IP:/var/tmp/",),
                Quoting.SINGLE,
            ),
            Snippet(
                "on the device; PROFILE is the client-ssl profile of the virtual server",
                (
                    "tmsh install sys crypto key @base@ from-local-file /var/tmp/@key_name@",
                    "tmsh install sys crypto cert @base@ from-local-file /var/tmp/@certificate_name@",
                    "[[tmsh install sys crypto cert @chain_object@ from-local-file /var/tmp/@chain_name@]]",
                    (
                        "tmsh modify ltm profile client-ssl PROFILE cert-key-chain replace-all-with "
                        "{ default { cert @base@ key @base@[[ chain @chain_object@]] } }"
                    ),
                    "rm /var/tmp/@key_name@",
                ),
            ),
            Snippet("on the device, save the configuration", ("tmsh save sys config",)),
        ),
        csr_reuse=f"Yes: the device keeps the key as an object, so the old CSR can be used as long as it exists. {NEW_PAIR}",
        documentation="my.f5.com, Managing SSL certificates for BIG-IP systems using tmsh",
        places=("imported as objects of the device",),
        notes=(
            "On older versions, object names may end in .crt and .key: check which names the profile uses.",
        ),
    ),
    Server(
        platform="cpanel",
        files=(LEAF, CHAIN, KEY),
        chain="in a separate field (CABUNDLE)",
        key=_BOTH_KEY_TYPES,
        snippets=(
            Snippet(
                "in the browser, SSL/TLS, Manage SSL sites: the files into the fields",
                ("CRT: @certificate@", "KEY: @key@", "[[CABUNDLE: @chain@]]"),
                Quoting.LINE,
            ),
            Snippet(
                "or as the account's user, through a pipe, which process lists do not show",
                (
                    (
                        "as_json() { perl -MJSON::PP -0777 -e '$d{domain} = shift; while (my ($n, $f) = splice @ARGV, 0, 2) "
                        '{ open F, "<", $f or die "$f: $!\\n"; $d{$n} = <F> } print encode_json \\%d\' "$@"; }'
                    ),
                    (
                        "as_json @domain@ cert @certificate@ key @key@[[ cabundle @chain@]] "
                        "| uapi --input=json SSL install_ssl"
                    ),
                ),
                Quoting.SINGLE,
            ),
        ),
        csr_reuse=f"Yes: cPanel keeps the key, so the old CSR can be used as long as it exists. {NEW_PAIR}",
        documentation="api.docs.cpanel.net, UAPI, SSL::install_ssl",
        places=("stored by cPanel itself",),
        notes=(
            "cPanel reloads the web server by itself. Its AutoSSL may replace the certificate later.",
            (
                "The domain is the site's name in cPanel, usually without www. On CloudLinux, use the full path "
                "/usr/local/cpanel/bin/uapi."
            ),
        ),
    ),
    Server(
        platform="plesk",
        files=(LEAF, CHAIN, KEY),
        chain="in a separate field (CA certificate)",
        key=_BOTH_KEY_TYPES,
        snippets=(
            Snippet(
                "on the server as root",
                (
                    (
                        "plesk bin certificate --create @base@ -domain @domain@ -cert-file @certificate@ "
                        "-key-file @key@[[ -cacert-file @chain@]]"
                    ),
                    "plesk bin site --update @domain@ -ssl true -certificate-name @base@",
                ),
                Quoting.SINGLE,
            ),
        ),
        csr_reuse=f"Yes: Plesk keeps the key, so the old CSR can be used as long as it exists. {NEW_PAIR}",
        documentation="docs.plesk.com, Command line utilities: certificate",
        places=("stored by Plesk itself",),
        notes=(
            (
                "Plesk reloads the web server by itself. If a certificate of that name exists, use --update instead "
                "of --create."
            ),
            (
                "The domain is the site's name in Plesk, usually without www. Plesk stores certificates per subscription: "
                "for an additional site, set -domain to the first site of its subscription."
            ),
        ),
    ),
    Server(
        platform="domino",
        files=(ServerFile("bundle", ".pem", (Part.KEY, Part.LEAF, Part.CHAIN)),),
        chain="in the one file",
        key="RSA 2048 works in every version; EC P-256 from Domino 12 on.",
        snippets=(
            Snippet(
                "Domino 12 and later, in certstore.nsf, TLS Credentials: import the file",
                ("@bundle@",),
                Quoting.LINE,
            ),
            Snippet(
                "before 12, in the server's data folder, into a new keyring with kyrtool",
                (
                    "kyrtool create -k KEYRING.kyr -p PASSWORD",
                    "kyrtool import all -k KEYRING.kyr -i @bundle@",
                ),
                Quoting.DOUBLE,
            ),
            Snippet("on the server's console, before 12 only", ("restart task http",)),
        ),
        csr_reuse="Yes from Domino 12 on. Before that, a keyring needs its own request.",
        documentation="help.hcl-software.com, HCL Domino, Managing TLS credentials",
        places=("imported into: certstore.nsf (12 and later), a keyring (before 12)",),
        notes=(
            "The server that uses it must be listed in Servers with access.",
            "Delete the file after the import: the key in it has no passphrase.",
            "kyrtool also needs the CA's root at the end of the file: add it.",
            "The import of whole files was added in 12.0.1 and needs a Notes client of that version or later.",
        ),
    ),
)
