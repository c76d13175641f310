"""Ukrainian dates: the month of a day stands in the genitive, which Django has for whole dates only."""

MONTH_DAY_FORMAT = "j E"
