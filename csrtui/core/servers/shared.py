"""Files and sentences that several rows of the table share."""

from csrtui.core.servers.file_layout import FileRow, Part

KEY = FileRow("key", ".key", (Part.KEY,))
FULL_CHAIN = FileRow("certificate", ".crt", (Part.LEAF, Part.CHAIN))
LEAF = FileRow("certificate", ".crt", (Part.LEAF,))
CHAIN = FileRow("chain", ".chain.crt", (Part.CHAIN,))
PLACES = (
    "Debian, Ubuntu: /etc/ssl/certs, keys in /etc/ssl/private",
    "RHEL and its like: /etc/pki/tls/certs, keys in /etc/pki/tls/private",
)
ANY_KEY = "EC P-256 is fast and taken by every client of today; RSA 2048 is for very old ones."
RSA_FIRST = "RSA 2048 is what every version takes; elliptic curves only recent ones, and not for everything."
FILES_ANYWAY = (
    "Yes: it reads the key from a file, so the old CSR works as long as its key stays. A new pair comes first "
    "all the same: lives are short, and a fresh key is free."
)
READ_BY_ROOT = "It reads the key as root before it gives up its rights: the key stays 0600 and root's."
READ_BY_SERVICE_USER = (
    "The key must belong to the user that the server runs as. mosquitto, Redis, PostgreSQL, MariaDB and slapd read "
    "it as that user and do not start with a key that root owns: chown USER KEY, mode 0600. USER is mosquitto, "
    "redis, postgres or mysql; for slapd openldap (Debian) or ldap (RHEL)."
)
TRANSPORT = (
    "The file is protected by its passphrase alone, and the MAC of PKCS #12 lets many guesses be made quickly: "
    "it is a transport form, to be deleted on both machines after the import."
)
KEYSTORE = (
    "The server reads the file itself, so it stays; the MAC of PKCS #12 lets many guesses be made quickly, so "
    "its mode of 0600 is what protects it. Delete every other copy."
)
