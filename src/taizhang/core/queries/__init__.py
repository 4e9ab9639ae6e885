"""All reads: frozen answers for pages, always within what the asker may see, each with a bounded number of queries."""
