"""Decide when and where an update appears: rules, schedule, pins, copies in other articles."""
