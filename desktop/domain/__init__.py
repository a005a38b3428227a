"""The rules of the trade, free of any I/O: companies, reports, sends, sessions and their state machines."""
