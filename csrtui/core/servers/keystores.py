"""Servers that take PKCS #12."""

from csrtui.core.servers.file_layout import (
    ANY_KEY,
    FILES_ANYWAY,
    KEYSTORE,
    RSA_FIRST,
    TRANSPORT,
    FileBlock,
    FileForm,
    FileRow,
    OldCsr,
    Quoting,
    Server,
)

ROWS = (
    Server(
        "tomcat",
        FileForm.PKCS12,
        (FileRow("pfx", ".p12"),),
        "in the file",
        ANY_KEY,
        (
            FileBlock(
                "in server.xml; PASSPHRASE is the file's",
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
        ),
        (FileBlock("restart", ("systemctl restart tomcat",)),),
        OldCsr.YES,
        FILES_ANYWAY,
        "tomcat.apache.org, SSL/TLS Configuration How-To",
        ("usually: $CATALINA_BASE/conf",),
        (
            KEYSTORE,
            (
                "Tomcat runs as a user of its own, which has to own the file. server.xml then holds the passphrase: "
                "it must not be readable by others either."
            ),
            (
                "A Tomcat that knows certificateKeystorePasswordFile (such as 10.1) can read the passphrase from a file of "
                "its own instead."
            ),
            "Tomcat 8.5 and Java 8u301 and later read AES; older Java needs --legacy. No JKS is needed.",
            "On Debian the service is called after its version, such as tomcat10.",
        ),
    ),
    Server(
        "weblogic",
        FileForm.PKCS12,
        (FileRow("pfx", ".p12"),),
        "in the file",
        RSA_FIRST,
        (
            FileBlock(
                "in the console (from 14.1.2 on the Remote Console), the server's Keystores tab",
                (
                    "Keystores:                      Custom Identity and Java Standard Trust",
                    "Custom Identity Keystore:       @pfx@",
                    "Custom Identity Keystore Type:  PKCS12",
                ),
                Quoting.LINE,
            ),
            FileBlock("in the console, the server's SSL tab", ("Private Key Alias:  @pair@",), Quoting.LINE),
        ),
        (FileBlock("in the console, the server's Control tab", ("Restart SSL",)),),
        OldCsr.YES,
        FILES_ANYWAY,
        "docs.oracle.com, Administering Security for Oracle WebLogic Server",
        ("usually: a folder of the domain that WebLogic's user owns",),
        (
            KEYSTORE,
            "WebLogic 12.2 and Java 8u301 and later read it; older Java needs --legacy. No JKS is needed.",
            "The passphrase of keystore and key is the same one: that of the file.",
        ),
    ),
    Server(
        "iis",
        FileForm.PKCS12,
        (FileRow("pfx", ".pfx"),),
        "in the file",
        "RSA 2048 and EC P-256 both do; EC needs Windows Server 2012 or later.",
        (
            FileBlock(
                "in PowerShell as administrator, in the folder that the file was copied to",
                (
                    (
                        "Import-PfxCertificate -FilePath @pfx_name@ -CertStoreLocation Cert:\\LocalMachine\\My "
                        '-Password (Read-Host -AsSecureString "Passphrase")'
                    ),
                    "Remove-Item @pfx_name@",
                ),
            ),
            FileBlock(
                "then in IIS Manager, the site's Bindings, https",
                ("SSL certificate: the one with the thumbprint @thumbprint@",),
            ),
        ),
        (),
        OldCsr.NO,
        "No: a request that the wizard of IIS made is used up once. A key that csrtui made comes back as PFX "
        "either way, so a new pair costs nothing.",
        "learn.microsoft.com, How to set up SSL on IIS",
        ("imported into: Local Computer\\Personal",),
        (
            TRANSPORT,
            "Windows Server 2016 and older take 3DES only: export with --legacy for them.",
            "A binding keeps the old certificate until it is changed: choose the new one in every binding.",
        ),
    ),
    Server(
        "exchange",
        FileForm.PKCS12,
        (FileRow("pfx", ".pfx"),),
        "in the file",
        RSA_FIRST,
        (
            FileBlock(
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
        (),
        OldCsr.NO,
        "No: Exchange uses up a request that it made itself. A key that csrtui made comes back as PFX either way, "
        "so a new pair costs nothing.",
        "learn.microsoft.com, Import-ExchangeCertificate",
        (
            "imported into: Local Computer\\Personal, on every server of the organization that serves the name",
        ),
        (
            TRANSPORT,
            "Exchange on Windows Server 2016 and older takes 3DES only: export with --legacy for it.",
            "-Services lists what shall use it: IIS for the web and ActiveSync, SMTP, IMAP, POP.",
        ),
    ),
)
