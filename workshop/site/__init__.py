"""The course as a web site: the step that gathers its pages from the tree, and the build by MkDocs after it.

What is on the site is what lies in this tree, so the stage of a lesson builds the site of that stage. How the site
looks stands in mkdocs.yml; nothing here is a plugin, a hook or an override of a theme.
"""
