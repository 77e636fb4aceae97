"""The texts of examples: when two are the same, what nearly all of them share, what options they carry."""
