"""Subject fields and distinguished names, and the country codes and states that they can contain."""
