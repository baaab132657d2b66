"""What is true: names, subjects, keys, requests and pairs.

Nothing in here reads a file, asks the clock or knows a screen. What depends on the time takes it as
an argument; what depends on data from outside (the public suffix list) takes that as an argument too.
"""
