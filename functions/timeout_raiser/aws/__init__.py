"""The AWS services: one small module each."""
