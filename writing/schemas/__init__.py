"""Sentences with a blank for a pronoun, written stage by stage: titles, people, sentences, checks, vote."""
