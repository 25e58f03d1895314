"""The Pi's stage: frames → readings → events. Never imports TensorFlow."""
