"""Keys and requests for tests. Each type of key is generated once per process."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from csrtui.core.base.finding import CaKind
from csrtui.core.certificates import csr
from csrtui.core.keys import key_types
from csrtui.core.keys.key_types import KeyType
from csrtui.core.pairs.facts import KeyFacts, RequestFacts
from csrtui.core.pairs.pair import PairRecord
from csrtui.core.subject.fields import SubjectFields

if TYPE_CHECKING:
    from csrtui.core.keys.key_types import PrivateKey

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HARD_ORGANIZATION = 'A/B Co, Ltd. & "Söhne" + #1; <x>'
"""Text that breaks tools that join subjects as text."""


@cache
def key_of(key_type: KeyType) -> PrivateKey:
    """Return a key of this type."""
    return key_types.generate(key_type)


def each_key_type() -> list[Any]:
    """Return every key type as a parameter. Long RSA keys take up to a second each, so they are slow tests."""
    import pytest

    long = {KeyType.RSA_3072, KeyType.RSA_4096}
    return [
        pytest.param(kind, marks=pytest.mark.slow if kind in long else (), id=str(kind)) for kind in KeyType
    ]


def der_of(subject: SubjectFields, *names: str, key_type: KeyType = KeyType.EC_P256) -> bytes:
    """Return a CSR in DER."""
    return csr.build(subject, names, key_of(key_type))


def record(**changes: Any) -> PairRecord:
    """Return the record of a pair that was created at `NOW`."""
    made = PairRecord(
        created=NOW,
        subject=SubjectFields(common_name="a.com"),
        subject_text="CN=a.com",
        names=("a.com",),
        ca=CaKind.PUBLIC,
        platform="nginx",
        key=KeyFacts("ec-p256", encrypted=False, spki_sha256="ab" * 32),
        request=RequestFacts("cd" * 32, "sha256"),
    )
    return made._replace(**changes)
