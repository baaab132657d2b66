"""The widgets that the screens use. Each module contains one widget or one of its parts."""
