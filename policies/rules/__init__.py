"""The built-in rules: typed Python, one file per family, each rule with a stable id."""
