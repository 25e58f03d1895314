"""The second stage: a small network that looks again, as a crop, at each place that a spotter found.

It learns from what that spotter finds in scenes, digits and false ones (a cascade: Viola and Jones, 2001). `examples`
makes the crops, `fit` is the training, `run` the whole way. What a crop is, is in `core.crops`; how much the network's
word counts beside the spotter's is fitted by `convert`.
"""
