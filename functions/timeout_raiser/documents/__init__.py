"""Where timeouts live in each kind of document. Pure: a parsed document in, slots out."""
