"""Published rules as dated, cited files: read, checked, listed; nothing is graded here."""
