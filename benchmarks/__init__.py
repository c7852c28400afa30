"""What the fleet costs, measured: `python -m benchmarks`. Nothing in here is a test, and no test is timed."""
