"""Programs that the worker tests start: `probe` is a worker, `middle` a parent of one that the test may kill."""
