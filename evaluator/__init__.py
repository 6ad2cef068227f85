"""What a feature flag means: definitions, matching, bucketing, cohorts, explanations, differences.

Pure: no I/O, no clock, no randomness. Evaluation never raises and never waits.
"""
