"""Ways out: plans in the layouts of other tools."""
