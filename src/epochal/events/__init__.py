"""Bytes on disk: event files, their records and their messages.

The only package that both the writer and the reader touch. Importing it, `wire`, `messages`, `records`,
`crc32c` or `event_file` loads no NumPy; `tensors` and `reference`'s array functions do.
"""
