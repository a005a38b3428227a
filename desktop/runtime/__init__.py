"""The ground the program stands on: loop thread, paths, logs. No business."""
