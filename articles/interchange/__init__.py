"""Import and export coverage.

models          the sources of imported coverage, old addresses, and the queue of imports
records         the common form of all formats: a coverage and its posts
notes           losses and doubts of an import
archive         our own format: the container and its lines
exporting       write an article into an archive
portable        names in place of primary keys, for archives
json_ld, wordpress, sourcefabric
                the formats of others; `markup` and `times` read the texts and moments in them
fetching        requests for pages and pictures
sources         recognise the format of a file or address
writing         write records into an article
importing       one import from beginning to end
jobs, admin     the same in the background, asked for in the admin
redirects       answer the addresses that imported coverage had before
static_archive  finished coverage as files for any web server
"""
