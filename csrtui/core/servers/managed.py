"""Devices, panels and servers that keep certificates in a place of their own.

Sources of the lines, none of which can be run without the vendor's software:

- f5: clouddocs.f5.com, tmsh reference, sys crypto key and cert (install … from-local-file), ltm profile client-ssl
  (cert-key-chain).
- cpanel: api.docs.cpanel.net, UAPI, SSL::install_ssl; ``--input=json``, which reads the parameters from standard
  input, as in the command line samples of its OpenAPI description.
- plesk: docs.plesk.com, Command line utilities: certificate (-domain, -cert-file, -key-file, -cacert-file), site
  (-certificate-name).
- domino: opensource.hcltechsw.com/domino-cert-manager; HCL's words on kyrtool (create, import all), which wants the
  key, then the certificates from the leaf to the root.
"""

from csrtui.core.servers.file_layout import (
    ANY_KEY,
    CHAIN,
    KEY,
    LEAF,
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
        "f5",
        FileForm.PEM,
        (LEAF, CHAIN, KEY),
        "an object of its own",
        ANY_KEY,
        (
            FileBlock(
                "here; BIG-IP is the device",
                ("scp @certificate@ [[@chain@ ]]@key@ root@BIG-IP:/var/tmp/",),
                Quoting.SINGLE,
            ),
            FileBlock(
                "on the device; PROFILE is the client-ssl profile of the virtual server",
                (
                    "tmsh install sys crypto key @pair@ from-local-file /var/tmp/@key_name@",
                    "tmsh install sys crypto cert @pair@ from-local-file /var/tmp/@certificate_name@",
                    "[[tmsh install sys crypto cert @chain_object@ from-local-file /var/tmp/@chain_name@]]",
                    (
                        "tmsh modify ltm profile client-ssl PROFILE cert-key-chain replace-all-with "
                        "{ default { cert @pair@ key @pair@[[ chain @chain_object@]] } }"
                    ),
                    "rm /var/tmp/@key_name@",
                ),
            ),
        ),
        (FileBlock("keep the configuration, on the device", ("tmsh save sys config",)),),
        OldCsr.YES,
        "Yes: the device keeps the key as an object, so the old CSR works as long as that stays. A new pair comes "
        "first all the same: lives are short, and a fresh key is free.",
        "my.f5.com, Managing SSL certificates for BIG-IP systems using tmsh",
        ("imported as objects of the device",),
        ("Names of objects may end in .crt and .key on older versions: look at what the profile names now.",),
    ),
    Server(
        "cpanel",
        FileForm.PEM,
        (LEAF, CHAIN, KEY),
        "in a field of its own (CABUNDLE)",
        "RSA 2048 and EC P-256 both do.",
        (
            FileBlock(
                "in the browser, SSL/TLS, Manage SSL sites: the files into the fields",
                ("CRT: @certificate@", "KEY: @key@", "[[CABUNDLE: @chain@]]"),
                Quoting.LINE,
            ),
            FileBlock(
                "or as the account's user, through a pipe that no process list shows",
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
        (),
        OldCsr.YES,
        "Yes: cPanel keeps the key, so the old CSR works as long as that stays. A new pair comes first all the "
        "same: lives are short, and a fresh key is free.",
        "api.docs.cpanel.net, UAPI, SSL::install_ssl",
        ("kept by cPanel itself",),
        (
            "cPanel reloads the web server by itself. Its AutoSSL may replace the certificate later.",
            (
                "The domain is the one that cPanel knows the site by, as a rule without www. On CloudLinux the whole "
                "path is needed: /usr/local/cpanel/bin/uapi."
            ),
        ),
    ),
    Server(
        "plesk",
        FileForm.PEM,
        (LEAF, CHAIN, KEY),
        "in a field of its own (CA certificate)",
        "RSA 2048 and EC P-256 both do.",
        (
            FileBlock(
                "on the server as root",
                (
                    (
                        "plesk bin certificate --create @pair@ -domain @domain@ -cert-file @certificate@ "
                        "-key-file @key@[[ -cacert-file @chain@]]"
                    ),
                    "plesk bin site --update @domain@ -ssl true -certificate-name @pair@",
                ),
                Quoting.SINGLE,
            ),
        ),
        (),
        OldCsr.YES,
        "Yes: Plesk keeps the key, so the old CSR works as long as that stays. A new pair comes first all the same: "
        "lives are short, and a fresh key is free.",
        "docs.plesk.com, Command line utilities: certificate",
        ("kept by Plesk itself",),
        (
            (
                "Plesk reloads the web server by itself. Where a certificate of that name is there, take --update "
                "instead of --create."
            ),
            (
                "The domain is the one that Plesk knows the site by, as a rule without www. The certificate lies in the "
                "repository of its subscription: for a further site, -domain names the subscription's first one."
            ),
        ),
    ),
    Server(
        "domino",
        FileForm.PEM,
        (FileRow("bundle", ".pem", (Part.KEY, Part.LEAF, Part.CHAIN)),),
        "in the one file",
        "RSA 2048 is what every version takes; EC P-256 from Domino 12 on.",
        (
            FileBlock(
                "Domino 12 and later, in certstore.nsf, TLS Credentials: import the file",
                ("@bundle@",),
                Quoting.LINE,
            ),
            FileBlock(
                "before 12, in the server's data folder, into a new keyring with kyrtool",
                (
                    "kyrtool create -k KEYRING.kyr -p PASSWORD",
                    "kyrtool import all -k KEYRING.kyr -i @bundle@",
                ),
                Quoting.DOUBLE,
            ),
        ),
        (FileBlock("on the server's console, before 12 only", ("restart task http",)),),
        OldCsr.YES,
        "Yes from Domino 12 on. Before that a keyring wants a request of its own.",
        "help.hcl-software.com, HCL Domino, Managing TLS credentials",
        ("imported into: certstore.nsf (12 and later), a keyring (before)",),
        (
            "The server that shall use it has to stand in Servers with access.",
            "Once it is imported, delete the file: the key in it has no passphrase.",
            "kyrtool wants the CA's root in the file too, at the end: add it.",
            "The import of whole files came with 12.0.1 and wants a Notes client of that version or later.",
        ),
    ),
)
