"""The configuration: settings, profiles, and edits that keep the user's comments."""
