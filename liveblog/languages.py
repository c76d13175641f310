"""The languages the product is shipped in, and facts about them.

Kept apart from the settings, which need it before Django is set up.
"""

#: Code (BCP 47) to English name; Django translates the names.
SHIPPED = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "pl": "Polish",
    "ro": "Romanian",
    "uk": "Ukrainian",
    "ar": "Arabic",
}

RIGHT_TO_LEFT = frozenset({"ar"})


def direction(language: str) -> str:
    """The value of the HTML `dir` attribute for text in `language`."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
