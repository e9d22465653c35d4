"""Frames in, plotly figures out; nothing here computes a figure that is not in the frame."""
