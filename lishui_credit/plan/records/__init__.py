"""The plan's indicators computed from raw records: registers, decisions, lists, logs, answers."""
