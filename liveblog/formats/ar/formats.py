"""Arabic dates as on the readers' pages, with the 24-hour clock. With Latin digits CLDR has a point in decimals."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y، H:i"
# Right-to-left marks put the day on the right, as in Django's SHORT_DATE_FORMAT.
SHORT_DATETIME_FORMAT = "d\u200f/m\u200f/Y، H:i"
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
