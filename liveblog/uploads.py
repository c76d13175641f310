"""Uploaded files in the storage of pictures."""

#: The directory of files that are for no reader, such as those of imports. No address leads to them.
PRIVATE_UPLOADS = "imports/"
