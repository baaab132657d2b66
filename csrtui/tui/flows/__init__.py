"""The commands for pairs, one function each: it opens one dialog after the other and waits for their answers."""
