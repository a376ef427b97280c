"""The built-in rule pack: one file a topic; each rule is found by its presence in a module."""
