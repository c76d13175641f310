"""The record of what matters for the safety of the newsroom: who logged in, who was let in, who published.

An entry is written in the transaction of what it records, written as a JSON line by the logger `security` after the
commit, and counted at /metrics.
"""
