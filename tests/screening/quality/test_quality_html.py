"""The report as one HTML file: complete, closed to the outside, and dataset text is text in it."""

import re

import pandas as pd

from evalmap.screening.quality.quality_html import quality_html
from evalmap.screening.quality.report import QualityReport
from evalmap.screening.quality.report_tables import of_shortcut_parts
from evalmap.screening.quality.todo import Facts

HOSTILE = "</p><script>alert(1)</script><img src=http://x/y.png>"


FACTS = Facts(HOSTILE, "some", "some.jsonl", 20, 0, {HOSTILE: 12, "No": 8}, {"some.jsonl": 20})


def report(**sections: object) -> QualityReport:
    return QualityReport(FACTS, sections)


def examples() -> pd.DataFrame:
    rows = [{"dataset": HOSTILE, "line": i + 1, "label": HOSTILE, "text": f"{HOSTILE} {i}"} for i in range(20)]
    return pd.DataFrame(rows)


def test_dataset_text_is_shown_as_it_is_and_nothing_is_fetched():
    flags = [{"rule": "no_question", "count": 12, "rows": list(range(12)), "meaning": HOSTILE, "evidence": [""] * 12}]
    phrases = [{"text": HOSTILE, "rows": 5, "label": HOSTILE, "share": 1.0}]
    numbers = {"accuracy": 0.9, "chance": 0.6, "control": 0.6, "remaining": 0.7}
    shortcuts = [{"predictor": "first_two_words", **numbers, "removed": 2, "rows": [1, 2], "phrases": phrases}]
    page = quality_html(report(flags=flags, shortcuts=shortcuts), examples()).decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "default-src 'none'" in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 10
    assert not re.search(r"(?:src|href)\s*=", page.replace("&lt;img src=http://x/y.png&gt;", ""))
    assert "12 of 20 rows (60.0 %)" in page
    assert page.count('class="text"') == 10 + 2  # ten of the flag's rows, both of the shortcut's


def test_growth_is_a_curve_and_an_empty_report_a_page():
    estimate = {"value": 0.5, "low": 0.4, "high": 0.6}
    saturation = {"n": 20, "distinct": 10, "growth": [[1, 1], [20, 10]], "p_new": estimate, "total": estimate, "reason": ""}
    page = quality_html(report(saturation={**saturation, "sentence": "About 50 would repeat."}), examples()).decode()
    assert 'points="50.0,200.0 78.5,190.5 620.0,105.0"' in page
    assert "Nothing that these sections look for." in quality_html(report(), examples()).decode()


def test_the_part_that_gives_its_labels_away_most_stands_first():
    def part(name: str, **accuracies: float) -> dict[str, object]:
        numbers = {"chance": 0.5, "control": 0.5, "phrases": [{"text": HOSTILE, "rows": 5, "label": "Yes", "share": 1.0}]}
        shortcuts = [{"predictor": predictor, "accuracy": accuracy, **numbers} for predictor, accuracy in accuracies.items()]
        return {"kind": "cluster", "name": name, "size": 60, "shortcuts": shortcuts}

    found = of_shortcut_parts([part("tea", length=0.6, negation=0.7), part("boats", length=0.9)], FACTS)
    assert [row[1:5] for row in found[0].rows] == [("boats", 60, "Length", 0.9), ("tea", 60, "Negation", 0.7)]
    assert "no file or cluster has 50 rows" in of_shortcut_parts([], FACTS)[0].lead
    assert "<script" not in quality_html(report(shortcut_parts=[part(HOSTILE, length=0.9)]), examples()).decode()
