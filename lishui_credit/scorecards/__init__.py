"""Points learned from outcomes."""
