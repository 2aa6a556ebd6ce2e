"""Where the timeouts of a document stand: a parsed document in, slots to read and write out."""
