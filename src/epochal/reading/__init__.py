"""What `epochal.open` gives: runs, tags and their data as Python objects and arrays.

A room of its own above `query` and `store`, like the notebook; nothing inside Epochal but the command line
imports it.
"""
