"""Subject fields and distinguished names, with the country codes and states they may contain."""
