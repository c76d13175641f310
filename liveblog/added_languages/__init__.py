"""Columns for the languages that a site adds to the shipped ones (ADDED_LANGUAGES).

The migrations of the product are files that know the shipped languages. An operation here adds the columns of further
languages to what the migrations describe, so that models and migrations agree whatever a site adds, and a table that a
later migration makes again (as SQLite does) keeps them. The database gets the columns before each `migrate`.
"""
