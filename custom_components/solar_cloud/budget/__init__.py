"""Plans, the ledger of spent requests, and the pace that follows from both.

Nothing here knows Home Assistant, reads a clock or does I/O.
"""
