"""A page for each edition: what it says, row by row, and a calculator that grades in the page."""
