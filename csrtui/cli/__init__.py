"""The command line: read arguments and print text or JSON."""
