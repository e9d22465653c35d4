"""A characteristic becomes bins: optimal cuts, weight of evidence, information value."""
