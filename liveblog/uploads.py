"""Uploaded files in the storage of pictures."""

#: The directory of files that are not for readers, such as those of imports. They have no address.
PRIVATE_UPLOADS = "imports/"
