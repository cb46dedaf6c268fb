"""Studies of what helps: the same model with several stacks of encoders, sizes of data and seeds, compared in pairs."""
