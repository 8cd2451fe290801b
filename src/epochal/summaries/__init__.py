"""Values → `Summary.Value` bytes: pure functions, one file per stem. NumPy loads when an array comes."""
