"""The screens that fill the terminal. Each module contains one screen or one base class."""
