"""The local HTTP door: names, shapes and states of the contracts, over the same services."""
