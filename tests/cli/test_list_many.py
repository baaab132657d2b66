"""With many pairs, ``csrtui list`` prints the same bytes as if it read each pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from many_pairs import varied, write_pairs

from csrtui.store import summary_reader
from csrtui.store.summary_reader import FILE

if TYPE_CHECKING:
    from command import Csrtui


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--retired",),
        ("--filter", "shop 1"),
        ("--filter", "100% no _"),
        ("--next", "renew"),
        ("--json",),
        ("--json", "--filter", "nothing"),
        ("--csv", "--next", "submit"),
    ],
    ids=" ".join,
)
def test_the_output_is_the_same_with_and_without_the_cache(
    csrtui: Csrtui, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = csrtui.store
    write_pairs(store, varied(60))
    (store / "pairs" / "www1.example.com" / "pair.json").write_text("{")
    plain = csrtui("list", *arguments)
    assert plain.status == 3
    monkeypatch.setattr(summary_reader, "CACHE_FROM", 10)
    for _ in range(2):
        assert csrtui("list", *arguments) == plain
    (store / FILE).write_bytes(b"damaged\0" + bytes(5000))
    assert csrtui("list", *arguments) == plain
