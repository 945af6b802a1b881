"""What the JSON API takes and gives: shapes, the acts of a system, examples, strict reading. Pure."""
