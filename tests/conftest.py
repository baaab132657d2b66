"""What all tests share: the helpers in tests/support can be imported by name."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "support"))

settings.register_profile("csrtui", deadline=None)  # how long an example takes is up to the machine
settings.load_profile("csrtui")
