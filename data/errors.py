"""The one error that a user can mend."""


class DatasetError(ValueError):
    """Bad input, which a user can mend. `str(error)` is one sentence that names the place and the mend.

    A page or the command line shows it as it stands; any other exception is a fault of ours.

    Parameters
    ----------
    sentence : what was got, what was expected, where, what to do; in words that hold on a page and in a terminal alike

    Attributes
    ----------
    settings : the settings that mend it, by their names (`text`, `min_dist`). Each face says where its own control is: the terminal
        adds "(--text)", a page that it is chosen below.
    """

    def __init__(self, sentence: str, *settings: str) -> None:
        super().__init__(sentence)
        self.settings = settings

    def __reduce__(self) -> tuple[type["DatasetError"], tuple[str, ...]]:
        return type(self), (str(self), *self.settings)
