"""What a change does to people (replay, impact) and whether it may happen (rules, verdict).

Pure: no I/O, no clock, no randomness.
"""
