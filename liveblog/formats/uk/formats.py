"""Ukrainian dates: the month after a day is in the genitive, which Django uses only in whole dates."""

MONTH_DAY_FORMAT = "j E"
