"""What people look at and touch. Every face shows the same program; none does any reading of its own."""
