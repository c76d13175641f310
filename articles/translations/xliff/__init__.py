"""Send texts to a translation agency and import its translations, as XLIFF 2.1.

The standard is OASIS XLIFF 2.1 (https://docs.oasis-open.org/xliff/xliff-core/v2.1/xliff-core-v2.1.html). A file has the
texts of one article in one pair of languages: each translation is a `<file>`, each passage a `<unit>`. The id of a
`<file>` names the version of the translation and of its original, so that an import never overwrites later corrections.
"""

NAMESPACE = "urn:oasis:names:tc:xliff:document:2.0"
VERSION = "2.1"
