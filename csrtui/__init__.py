"""csrtui: certificate requests from an SSH session, and the keystore that remembers them."""

import sys

__version__ = "0.2.0"

# This file must be valid in old versions of Python, so that they print this message and not a traceback.
if sys.version_info < (3, 11):  # noqa: UP036 - pip checks it, a checkout does not
    message = (
        "csrtui: error: csrtui needs Python 3.11 or later, and this is Python {}.{}\n"
        "hint: dnf install python3.11, or apt install python3.11-venv; then: python3.11 -m csrtui\n"
    )
    sys.stderr.write(message.format(*sys.version_info))
    sys.exit(2)
