"""What the three stages share: the glyph, the ink that becomes one, the model file, the config and the errors.

Imports run one way, `train | convert | edge → core`, never sideways and never back.
"""

import os

# OpenCV reads these once, when it is loaded. A picture of more pixels would not fit a small board's memory.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(128 * 2**20))
# What it would log (a camera that is unplugged, a damaged PNG) comes again as one line of ours.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
