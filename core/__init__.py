"""What the three stages share: the glyph, the ink that becomes one, the model file, the config and the errors.

Imports run one way, `train | convert | edge → core`, never sideways and never back.
"""
