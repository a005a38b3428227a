"""What the tests stand on: real daemons, screens and programs, started as children and ended by pid."""
