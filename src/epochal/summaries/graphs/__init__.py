"""Model graphs: what a framework's tracer says of a model → a GraphDef."""
