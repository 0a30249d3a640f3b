"""The pages for those who run this program and those who read it, and what programs read of it."""
