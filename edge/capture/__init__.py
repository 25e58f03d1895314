"""The capture process: one camera, whose pictures go to the daemon through shared memory, as the device gives them.

A driver call that hangs, hangs here, where it can be killed. Nothing here is imported by the daemon but what both sides
speak (`picture`, `channel`), and a process imports only what its kind of camera needs: no NumPy and no OpenCV for V4L2
and for MJPEG, whose bytes the daemon makes into luma.
"""
