"""Valid layers of every format, and the ways to break them."""
