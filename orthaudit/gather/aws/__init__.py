"""AWS: the table of operations, the sessions that ask, and the collector."""
