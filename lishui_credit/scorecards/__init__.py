"""Scorecards learnt from outcomes: characteristics in bins, bins as points."""
