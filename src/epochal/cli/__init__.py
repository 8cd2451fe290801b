"""The command line: `epochal LOGDIR`, `epochal ls`, `epochal demo`. One file for each command, behind main.py."""
