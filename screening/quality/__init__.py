"""How good is a dataset?"""
