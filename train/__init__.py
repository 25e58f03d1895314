"""Host stage one: data → build/<run>/model.keras with its report. Needs the `host` extra (TensorFlow)."""
