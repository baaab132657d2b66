"""Private keys: types, formats, encryption, quality, and the passphrases that protect them."""
