"""The ledger language: declarations, their checks, and the pure loop of a case. Knows neither rows nor pages."""
