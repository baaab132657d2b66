"""The commands. Each module contains the arguments and the implementation of one command."""
