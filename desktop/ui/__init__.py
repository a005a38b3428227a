"""The clerk's door: a tray icon, and a window whose pages are made when they are first looked at."""
