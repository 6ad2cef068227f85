"""Recorded traffic: segment files on disk, the recorder that writes them, and snapshots of them for replays.

A check is offered to ``recorder``, collected by ``spool`` in a ``draft``, and written by ``segment`` as ``layout`` and
``manifest`` say. ``archive`` collects segments into snapshots and loads them through ``merging`` and ``answers``.
"""
