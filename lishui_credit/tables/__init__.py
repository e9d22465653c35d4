"""The one door: a file or a frame becomes a checked frame, and what cannot be read is rejected."""
