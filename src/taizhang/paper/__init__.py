"""Papers: what is printed from data. Forms of the household file that a district declares; how a sheet is set as PDF."""
