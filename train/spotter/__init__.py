"""The spotter: one small network over a whole frame that finds handwritten digits and reads them, in one pass.

`network` is what runs, `targets` what it is to say of a scene, `losses` how far off it is, `fit` the training. What its
maps mean, and how they become boxes, is in `core.spots`, for the edge needs it too.
"""
