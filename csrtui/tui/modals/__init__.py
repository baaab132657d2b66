"""The dialogs. Each module contains one dialog or one base class."""
