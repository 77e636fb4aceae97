"""How far a selection moves the shares of the labels, and when that is worth a warning."""

TOLERANCE = 0.005  # a share that moves by more is a warning


def largest_move(before: dict[str, float], after: dict[str, float]) -> tuple[str, float] | None:
    """The label whose share moved most, and by how much (after − before); None without labels.

    A label that is gone has share 0. Of two that moved as far, the one that lost.
    """
    if not before:
        return None
    moves = {label: after.get(label, 0.0) - share for label, share in before.items()}
    label = max(moves, key=lambda name: (round(abs(moves[name]), 9), -moves[name], name))
    return label, moves[label]


def balance_warning(before: dict[str, float], after: dict[str, float]) -> str | None:
    """A sentence where a share moved by more than `TOLERANCE`, or no row with a label is left to have shares; else None."""
    if before and not after:
        return "no row with a label is kept"
    moved = largest_move(before, after)
    if moved is None or abs(moved[1]) <= TOLERANCE + 1e-12:
        return None
    label, move = moved
    was, now = before[label], after.get(label, 0.0)
    return f"the share of label {label} moved by {100 * move:+.1f} points, from {100 * was:.1f} % to {100 * now:.1f} %"
