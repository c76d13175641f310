from django.conf import settings


class LanguageConverter:
    """The code of a language of this site, as a part of an address. See liveblog.middleware for the reason."""

    regex = "|".join(code for code, _name in settings.LANGUAGES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class IndexNowKeyConverter:
    """The key of IndexNow (https://www.indexnow.org/documentation) as a part of an address."""

    regex = "[A-Za-z0-9-]{8,128}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
