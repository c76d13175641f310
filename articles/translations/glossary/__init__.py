"""The glossary in the admin: its terms, their exchange with other programs as CSV and TBX, and its history."""
