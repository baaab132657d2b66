"""Many hosts: their keystores read and worked with through Ansible; nothing outside imports this package."""
