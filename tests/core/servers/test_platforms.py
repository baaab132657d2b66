"""The table of server software."""

from __future__ import annotations

import pytest
from tables import table

from csrtui.core.base.errors import InputError
from csrtui.core.keys.key_types import KeyType
from csrtui.core.servers.platforms import OTHER, PLATFORMS, read_platform


def test_platforms_are_keyed_by_id_and_other_comes_last() -> None:
    assert all(name == row.id for name, row in PLATFORMS.items())
    assert list(PLATFORMS)[-1] == OTHER
    assert len({row.label for row in PLATFORMS.values()}) == len(PLATFORMS)


def test_no_platform_starts_with_a_key_that_public_cas_refuse() -> None:
    assert all(row.key_type.public_ca for row in PLATFORMS.values())


@table("name", ["weblogic", "exchange", "domino"])
def test_platforms_without_elliptic_curves_start_with_rsa(name: str) -> None:
    assert read_platform(name).key_type is KeyType.RSA_2048


@table("text", ["", "NGINX", "nginx ", "\x1b", "\udcff"])
def test_an_unknown_platform_is_refused_and_the_hint_lists_all(text: str) -> None:
    with pytest.raises(InputError, match="unknown server software") as caught:
        read_platform(text)
    assert caught.value.hint == f"known: {', '.join(PLATFORMS)}"
    assert caught.value.message.isprintable()
