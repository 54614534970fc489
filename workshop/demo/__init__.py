"""The story of the lecture, told on a real control plane, one module of steps a lesson."""
