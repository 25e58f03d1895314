"""The page: served to a browser on this machine or in its network, with everything it needs inside."""
