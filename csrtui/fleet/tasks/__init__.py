"""What is done on many hosts, once, for commands and screens."""
