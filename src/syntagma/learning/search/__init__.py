"""The best combination of encoders, found while one model goes on training."""
