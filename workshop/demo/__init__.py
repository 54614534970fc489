"""The demo of the lecture, on a real control plane, one module of steps a lesson."""
