"""What the program costs, measured against floors of the same run. `python -m benchmarks` writes RESULTS.md."""
