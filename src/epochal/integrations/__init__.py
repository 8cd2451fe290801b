"""Callbacks and loggers for training frameworks, one module each; only these modules import their framework."""
