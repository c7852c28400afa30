"""The scenario language: load, check, compile, run."""
