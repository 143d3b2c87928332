"""The examples of rules hold files that look like tests."""
collect_ignore = ["rules"]
