"""The use cases of csrtui, one module per command, shared by the screens and the command line."""
