"""The course: what a lesson is, its stages and tags, a student's way through it, and the gates that keep it honest.

What a check needs at run time (a control plane, kubectl, messages) is in `workshop.checks`; what is taught lies in
`lessons/`, and nothing here knows of icecreams.
"""
