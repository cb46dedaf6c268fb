"""Plain torch on any device: the specification of what every kernel computes."""
