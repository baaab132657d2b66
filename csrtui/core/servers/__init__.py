"""Server software: the files and directives of each, deployment, guides and the renewal policy."""
