"""Public conformance suite: one task in every known wire format, and what must be read from it.

`task` holds the task, `expected` what must be found, `shapes` the 17 ways to write it, `fixtures` rows
without a call and further variants, `mutations` what public rows do to all of these, `adapter`
the interface by which any converter is scored. None of them imports the converter.
"""
