"""Formats of dates and times of Django's own pages where Django's do not fit: British dates, 24-hour clocks.

https://docs.djangoproject.com/en/stable/topics/i18n/formatting/#creating-custom-format-files
"""
