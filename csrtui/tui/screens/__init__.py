"""The screens. Each module contains one screen or one base class."""
