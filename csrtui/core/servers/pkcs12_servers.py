"""Servers that read PKCS #12 files."""

from csrtui.core.servers.server import NEW_PAIR, RSA_FIRST, Quoting, Server, ServerFile, Snippet

_TRANSPORT = (
    "The file is protected only by its passphrase, and the MAC of PKCS #12 lets an attacker try many passphrases "
    "quickly. Use it for transport only, and delete it on both machines after the import."
)
_KEYSTORE = (
    "The server reads the file itself, so keep it. The MAC of PKCS #12 lets an attacker try many passphrases quickly, "
    "so the mode of the file, 0600, is its protection. Delete every other copy."
)
_OWNER_NOTE = "The user that the program runs as must own the file: use --owner."
_OLD_WINDOWS = "Windows Server 2016 and older support only 3DES: export with --legacy for them."
_PFX_REUSE = (
    f"Yes: the file contains the key, so the old CSR can be used as long as its key exists. {NEW_PAIR}"
)
_IMPORT = (
    (
        "Import-PfxCertificate -FilePath @pfx_name@ -CertStoreLocation Cert:\\LocalMachine\\My "
        '-Password (Read-Host -AsSecureString "Passphrase")'
    ),
    "Remove-Item @pfx_name@",
)


def _windows(
    platform: str, place: str, step: Snippet, *, query: str, documentation: str, note: str
) -> Server:
    """Return a service of Windows that uses an imported PFX file. `place` says where the file is imported."""
    return Server(
        platform=platform,
        files=(ServerFile("pfx", ".pfx"),),
        chain="in the file",
        key=RSA_FIRST,
        snippets=(Snippet(f"in PowerShell as administrator{place}", _IMPORT), step),
        csr_reuse=_PFX_REUSE,
        query=query,
        documentation=documentation,
        places=("imported into: Local Computer\\Personal",),
        notes=(_TRANSPORT, _OLD_WINDOWS, note),
    )


SERVERS = (
    Server(
        platform="tomcat",
        files=(ServerFile("pfx", ".p12"),),
        chain="in the file",
        snippets=(
            Snippet(
                "in server.xml; PASSPHRASE is the file's passphrase",
                (
                    '<Connector port="8443" protocol="org.apache.coyote.http11.Http11NioProtocol"',
                    '           SSLEnabled="true">',
                    "  <SSLHostConfig>",
                    '    <Certificate certificateKeystoreFile="@pfx@"',
                    '                 certificateKeystoreType="PKCS12"',
                    '                 certificateKeystorePassword="PASSPHRASE" />',
                    "  </SSLHostConfig>",
                    "</Connector>",
                ),
                Quoting.XML,
            ),
            Snippet("restart", ("systemctl restart tomcat",)),
        ),
        query="8443",
        documentation="tomcat.apache.org, SSL/TLS Configuration How-To",
        places=("usually: $CATALINA_BASE/conf",),
        notes=(
            _KEYSTORE,
            (
                "Tomcat runs as its own user, which must own the file. server.xml then contains the passphrase, so it "
                "must not be readable by others either."
            ),
            (
                "Tomcat versions that support certificateKeystorePasswordFile (such as 10.1) can read the passphrase from a "
                "separate file instead."
            ),
            "Tomcat 8.5 and Java 8u301 and later read AES; older Java needs --legacy. A JKS is not needed.",
            "On Debian the service name contains the version, such as tomcat10.",
        ),
    ),
    Server(
        platform="weblogic",
        files=(ServerFile("pfx", ".p12"),),
        chain="in the file",
        key=RSA_FIRST,
        snippets=(
            Snippet(
                "in the console (since 14.1.2: Remote Console), the server's Keystores tab",
                (
                    "Keystores:                      Custom Identity and Java Standard Trust",
                    "Custom Identity Keystore:       @pfx@",
                    "Custom Identity Keystore Type:  PKCS12",
                ),
                Quoting.LINE,
            ),
            Snippet("in the console, the server's SSL tab", ("Private Key Alias:  @base@",), Quoting.LINE),
            Snippet("in the console, the server's Control tab", ("Restart SSL",)),
        ),
        query="7002",
        documentation="docs.oracle.com, Administering Security for Oracle WebLogic Server",
        places=("usually: a folder of the domain that WebLogic's user owns",),
        notes=(
            _KEYSTORE,
            "WebLogic 12.2 and Java 8u301 and later read it; older Java needs --legacy. A JKS is not needed.",
            "The keystore and the key in it both have the passphrase of the file.",
        ),
    ),
    Server(
        platform="iis",
        files=(ServerFile("pfx", ".pfx"),),
        chain="in the file",
        key="RSA 2048 and EC P-256 both work; EC needs Windows Server 2012 or later.",
        snippets=(
            Snippet(
                "in PowerShell as administrator, in the folder that the file was copied to",
                _IMPORT,
            ),
            Snippet(
                "then in IIS Manager, the site's Bindings, https",
                ("SSL certificate: the one with the thumbprint @thumbprint@",),
            ),
        ),
        can_reuse_csr=False,
        csr_reuse="No: an IIS-wizard request can be completed only once. A key made by csrtui is imported as PFX "
        "either way, so a new pair costs nothing.",
        documentation="learn.microsoft.com, How to set up SSL on IIS",
        places=("imported into: Local Computer\\Personal",),
        notes=(
            _TRANSPORT,
            _OLD_WINDOWS,
            "A binding keeps the old certificate until you change it: choose the new one in every binding.",
        ),
    ),
    Server(
        platform="exchange",
        files=(ServerFile("pfx", ".pfx"),),
        chain="in the file",
        key=RSA_FIRST,
        snippets=(
            Snippet(
                "in the Exchange Management Shell, in the folder that the file was copied to",
                (
                    (
                        'Import-ExchangeCertificate -FileData ([IO.File]::ReadAllBytes("$PWD\\@pfx_name@")) '
                        '-Password (Read-Host -AsSecureString "Passphrase")'
                    ),
                    "Enable-ExchangeCertificate -Thumbprint @thumbprint@ -Services IIS,SMTP",
                    "Remove-Item @pfx_name@",
                ),
            ),
        ),
        can_reuse_csr=False,
        csr_reuse="No: a request made in Exchange can be completed only once. A key made by csrtui is imported as "
        "PFX either way, so a new pair costs nothing.",
        documentation="learn.microsoft.com, Import-ExchangeCertificate",
        places=(
            "imported into: Local Computer\\Personal, on every server of the organization that serves the name",
        ),
        notes=(
            _TRANSPORT,
            "Exchange on Windows Server 2016 and older supports only 3DES: export with --legacy for it.",
            "-Services lists the services to use it: IIS for the web and ActiveSync, SMTP, IMAP, POP.",
        ),
    ),
    Server(
        platform="spring-boot",
        files=(ServerFile("pfx", ".p12"),),
        chain="in the file",
        snippets=(
            Snippet(
                "in application.properties; PASSPHRASE is the file's passphrase",
                (
                    "server.port=8443",
                    "server.ssl.key-store=file:@pfx@",
                    "server.ssl.key-store-type=PKCS12",
                    "server.ssl.key-store-password=PASSPHRASE",
                    "server.ssl.key-alias=@base@",
                ),
                Quoting.LINE,
            ),
            Snippet("restart; SERVICE is the program's service", ("systemctl restart SERVICE",)),
        ),
        query="8443",
        documentation="docs.spring.io, Spring Boot, Configure SSL",
        places=("a folder that the user of the program can read",),
        notes=(_KEYSTORE, _OWNER_NOTE),
    ),
    Server(
        platform="jetty",
        files=(ServerFile("pfx", ".p12"),),
        chain="in the file",
        snippets=(
            Snippet("once, in $JETTY_BASE", ("java -jar $JETTY_HOME/start.jar --add-modules=ssl,https",)),
            Snippet(
                "in start.d/ssl.ini; PASSPHRASE is the file's passphrase",
                (
                    "jetty.sslContext.keyStorePath=@pfx@",
                    "jetty.sslContext.keyStoreType=PKCS12",
                    "jetty.sslContext.keyStorePassword=PASSPHRASE",
                ),
                Quoting.LINE,
            ),
            Snippet("restart", ("systemctl restart jetty9",)),
        ),
        owner="jetty",
        query="8443",
        documentation="jetty.org, Operations Guide, Module ssl",
        places=("usually: $JETTY_BASE/etc",),
        notes=(_KEYSTORE, _OWNER_NOTE),
    ),
    _windows(
        "windows-rdp",
        ", in the folder that the file was copied to",
        Snippet(
            "then, for the listener of Remote Desktop",
            (
                (
                    "Get-CimInstance -Namespace root/cimv2/TerminalServices -ClassName Win32_TSGeneralSetting "
                    "-Filter \"TerminalName='RDP-Tcp'\" | Set-CimInstance -Property "
                    '@{SSLCertificateSHA1Hash="@thumbprint@"}'
                ),
            ),
        ),
        query="",
        documentation="learn.microsoft.com, Remote Desktop listener certificate configurations",
        note="Network Service must be able to read the key; after this import, it can.",
    ),
    _windows(
        "windows-ldaps",
        " on the domain controller, beside the file",
        Snippet(
            "to avoid a restart, save this as renew.ldf and run ldifde -i -f renew.ldf",
            ("dn:", "changetype: modify", "add: renewServerCertificate", "renewServerCertificate: 1", "-"),
        ),
        query="636",
        documentation="learn.microsoft.com, Enable LDAP over SSL with a third-party certification authority",
        note="The domain controller selects a certificate by name: the common name or a SAN must be the controller's "
        "full name. Remove an older certificate that still matches.",
    ),
)
