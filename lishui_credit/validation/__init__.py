"""Does a score, a PD or a published grade hold: discrimination, calibration, stability, groups."""
