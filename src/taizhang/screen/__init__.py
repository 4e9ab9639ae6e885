"""Screening: department files become typed rows, rows are linked to residents, signals and rules find households."""
