"""`validate`, its result as data, as print and as a page."""
