"""Acts of the console that call several floors in one transaction."""
