"""The commands: each turns its options into calls of the engine and the engine's events into text, JSON and an exit code."""
