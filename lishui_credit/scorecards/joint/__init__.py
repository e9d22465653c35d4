"""Points of bins and of pairs of bins, fitted jointly: additive and crossed tables."""
