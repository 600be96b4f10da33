"""How parsers read: JSON records, delimited text and its cells, plain YAML, the layout of a Slack archive."""
