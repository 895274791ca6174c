"""Pure mathematics of training: no Django, no files, no clocks; chance comes in as a generator."""
