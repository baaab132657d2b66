"""Host names and addresses: parsing, pasted text, internationalized names, public suffixes and inventory templates."""
