"""Host names and addresses: parsing, internationalized names and public suffixes."""
