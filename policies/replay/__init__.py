"""Replay: the old and the new definitions on the same recorded contexts, column by column.

One context at a time would ask the same questions a million times. Here every predicate is asked once per distinct
value (``tables``), answers are gathered into columns of three-valued truth (``filters``), and conditions are decided on
whole columns (``deciding``); hashes are computed only for subjects who may pass the filters (``hashes``). The old and
the new outcome are then compared (``comparison``), and counted in a form that adds up (``tally``).
"""
