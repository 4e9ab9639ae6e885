"""Taizhang (台账): the open accountability ledger for a county or district."""

__version__ = "0.1.0"
