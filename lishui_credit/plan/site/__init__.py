"""The board as files that need no server: a page per indicator and area, its drawing, its data."""
