"""What a user wants done, once, for the screens and the commands alike."""
