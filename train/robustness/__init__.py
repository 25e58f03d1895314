"""How a model file bears what it will meet.

`measure` has it read digits under `corruptions`, and glyphs that are no digits, of kinds `unseen` in training. Nothing
in here is trained or fitted on, and nothing that trains imports it.
"""
