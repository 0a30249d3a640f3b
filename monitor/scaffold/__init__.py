"""Lay out a folder to begin with."""
