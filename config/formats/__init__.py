"""How a language writes what Django's own formats do not cover, one package for each."""
