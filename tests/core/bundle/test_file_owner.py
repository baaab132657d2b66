"""Whose a file for server software is, by the key or certificate in it."""

from __future__ import annotations

import pytest

from csrtui.core.bundle.file_owner import FileContent, FileOwner, owner_of
from csrtui.core.servers.server import Part, ServerFile

KEY = ServerFile("key", ".key", (Part.KEY,))
CHAIN = ServerFile("chain", ".chain.crt", (Part.CHAIN,))


@pytest.mark.parametrize(
    ("file", "content", "owner"),
    [
        (KEY, FileContent("ours", is_locked=False), FileOwner.SAME),
        (KEY, FileContent("theirs", is_locked=False), FileOwner.OTHER),
        (KEY, FileContent(None, is_locked=False), FileOwner.OTHER),
        (KEY, FileContent(None, is_locked=True), FileOwner.UNKNOWN),
        (CHAIN, FileContent("a CA", is_locked=False), FileOwner.SAME),
        (CHAIN, FileContent(None, is_locked=False), FileOwner.OTHER),
    ],
)
def test_a_file_belongs_to_the_pair_whose_key_it_has(
    file: ServerFile, content: FileContent, owner: FileOwner
) -> None:
    assert owner_of(file, content, frozenset({"ours"})) is owner
