"""The domain logic: names, subjects, keys, requests and pairs.

Nothing here reads a file or the clock, or depends on a screen. Functions receive the time and external data, such as
the public suffix list, as arguments.
"""
