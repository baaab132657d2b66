"""The widgets that the screens are built of; each module holds one."""
