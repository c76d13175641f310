"""Accounts of the newsroom: logging in, second factors, sessions and invitations. django-allauth does the work."""
