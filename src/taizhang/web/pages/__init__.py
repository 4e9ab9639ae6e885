"""The pages: each asks `queries`, chooses a template, answers whole or in part. No rights and no dates are decided here."""
