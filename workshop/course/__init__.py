"""The course: what a lesson is, and which files are in which stage of it, as trees and tags of git.

What is taught lies in `lessons/`, and nothing here knows of icecreams.
"""
