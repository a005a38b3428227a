"""The window, without a screen: pages, bridge, tray, words."""
