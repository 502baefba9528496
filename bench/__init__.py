"""The benchmarks: each prints its figure and its floor in the same run."""
