"""Questions to a snapshot: pure functions of a snapshot and parameters, one file per stem.

Every result is a frozen msgspec Struct or `Columns` (a Struct and arrays). These Structs are the types of the
HTTP interface: openapi.json and the UI's types are generated from them. No function here opens a file; bytes
of media come from the snapshot's blob reader.
"""
