"""What names a vendor or a driver; kept free of imports, since every worker process loads this package."""
