"""Summaries → event files: the SummaryWriter API, its queue, its background threads, its file."""
