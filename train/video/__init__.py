"""Clips with handwritten numbers that stay, come, go and change, and the truth about each frame: what a reader that
follows numbers is measured with."""

from train.video.clip import Clip, Order, clip
from train.video.kinds import KINDS
from train.video.shoot import Shot

__all__ = ["KINDS", "Clip", "Order", "Shot", "clip"]
