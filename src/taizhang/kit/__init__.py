"""The lowest floor: days, money, identity numbers, area codes, refusals. Knows only the standard library and RFC 8785."""
