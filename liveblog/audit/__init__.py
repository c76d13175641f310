"""The audit log: log-ins, changes of accounts and roles, publishing, and erasures of readers' data.

An entry is written in the transaction of what it records, written as a JSON line by the logger `security` after the
commit, and counted at /metrics.
"""
