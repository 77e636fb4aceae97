"""Figures of answer sets: arrays in, frozen dataclasses out."""
