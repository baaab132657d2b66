"""Work with the keystores of many hosts through Ansible; no other package imports this one."""
