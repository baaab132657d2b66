"""Make a wheel of the csrtui that is installed with this Python: ``make_wheel.py VERSION FOLDER``.

The role runs it on the controller, so that hosts get csrtui from there and not from a package index.
"""

import hashlib
import sys
import zipfile
from base64 import urlsafe_b64encode
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

_WHEEL = "Wheel-Version: 1.0\nGenerator: csrtui\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def make_wheel(version: str, folder: Path) -> None:
    """Write the wheel into a folder.

    Raises:
        SystemExit: csrtui is not installed with this Python, or its version is not VERSION.
    """
    spec = find_spec("csrtui")
    try:
        metadata = distribution("csrtui")
    except PackageNotFoundError:
        metadata = None
    if metadata is None or spec is None or not spec.submodule_search_locations or metadata.version != version:
        sys.exit(
            f"csrtui {version} is not installed with {sys.executable}; set csrtui_wheels to a folder with its wheels"
        )
    package = Path(spec.submodule_search_locations[0])
    about = f"csrtui-{version}.dist-info"
    files = {
        f"csrtui/{path.relative_to(package)}": path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    files[f"{about}/WHEEL"] = _WHEEL.encode()
    for name in ("METADATA", "entry_points.txt"):
        files[f"{about}/{name}"] = (metadata.read_text(name) or "").encode()
    lines = [f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in files.items()]
    files[f"{about}/RECORD"] = "".join([*lines, f"{about}/RECORD,,\n"]).encode()
    with zipfile.ZipFile(folder / f"csrtui-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in files.items():
            wheel.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def _digest(data: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    make_wheel(sys.argv[1], Path(sys.argv[2]))
