"""The reference part of the book, made of the models and commands: `python -m monitor.reference` writes it anew."""
