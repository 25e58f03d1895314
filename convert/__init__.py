"""model.keras → one verified int8 .tflite with its manifest inside; and how well any such file reads."""
