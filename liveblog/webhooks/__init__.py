"""Webhooks notify other systems of events, by the rules of Standard Webhooks.

See https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. The apps register their
events and emit them in the transaction of the change (`events`); the rows of `Delivery` are the queue (`sending`).
"""
