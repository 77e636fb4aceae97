"""A confidence interval as a small picture for a table's cell: made of numbers only."""

from base64 import b64encode

from evalmap.embeddings import palette

WIDTH, HEIGHT = 124, 28  # as the cell shows it: a picture of another shape would be cut


def svg(value: float, low: float, high: float, *, chance: float | None = 0.5) -> str | None:
    """A data address of a bar from low to high (ratios) with a dot at value, on 0–1; None where the value is nan."""
    if value != value:
        return None

    def x(ratio: float) -> float:
        return 4 + (WIDTH - 8) * min(1.0, max(0.0, ratio))

    middle = HEIGHT / 2
    parts = [
        f'<line x1="4" x2="{WIDTH - 4}" y1="{middle}" y2="{middle}" stroke="{palette.MISSING}" stroke-width="1" opacity=".4"/>'
    ]
    if chance is not None:
        at = x(chance)
        parts.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="6" y2="{HEIGHT - 6}" stroke="{palette.MISSING}" stroke-dasharray="2 2"/>'
        )
    if low == low and high == high:
        width = max(1.0, x(high) - x(low))
        parts.append(
            f'<rect x="{x(low):.1f}" y="{middle - 3}" width="{width:.1f}" height="6" rx="3" fill="{palette.BLUE}" opacity=".45"/>'
        )
    parts.append(f'<circle cx="{x(value):.1f}" cy="{middle}" r="4" fill="{palette.BLUE}"/>')
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'
    return f"data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}"
