"""Work on many hosts, shared by the commands and the screens."""
