"""Seeded files of all feeds and registers: random people, random histories, and planted boundary cases."""
