"""Opinions on images: preprocessing, models, training, evaluation, export, registry and runtime."""
