"""Reading model answers: one module a format, each giving `StagedSet`s of evidence as the source tells it.

Every reader is `read(files: Sequence[Path]) -> list[StagedSet]`, raises DatasetError with one sentence, and touches no workspace.
"""
