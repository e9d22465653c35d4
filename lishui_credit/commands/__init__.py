"""The command line: what a user types, what is printed, how a run ends."""
