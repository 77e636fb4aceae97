"""Texts that try to be more than text: every one asks for `evil`, so that whatever comes of one can be told from the site's own."""

import re

HOST = "evil.example"
HIT = "evil()"  # what a script of theirs would call

HOSTILE: dict[str, str] = {
    # scripts and elements
    "script": f"<script>{HIT}</script>",
    "script, closed early": f"</textarea></script><script>{HIT}</script>",
    "image handler": f"<img src=x onerror={HIT}>",
    "svg": f"<svg/onload={HIT}><a href='//{HOST}/svg'>s</a></svg>",
    "iframe": f'<iframe srcdoc="<script>parent.{HIT}</script>"></iframe>',
    "stylesheet": f"<style>@import url(//{HOST}/c);body{{display:none}}</style>",
    "attribute": f'" autofocus onfocus="{HIT}',
    "details": f"<details open ontoggle={HIT}>x</details>",
    "comment": f"<!-- <a href=http://{HOST}> --> after",
    "entities": "&lt;b&gt; &amp;amp; &#x3c;i&#62; &copy",
    # addresses that a renderer would make a link of
    "http": f"http://{HOST}/h",
    "https, in capitals": f"HTTPS://{HOST}/H",
    "https after a letter": f"xhttps://{HOST}/x",
    "www": f"www.{HOST}",
    "www in capitals": f"WwW.{HOST}/W",
    "www, two dots": f"www..{HOST}",
    "www after a bracket": f"(www.{HOST})",
    "www with a zero-width space": f"www.\u200b{HOST}/z",
    "www with a word joiner": f"ww\u2060w.{HOST} www\u2060.{HOST}",
    "www with a combining letter": f"www.e\u0301{HOST}",
    "https with a zero-width joiner": f"https:\u200d//{HOST} https://\u200b{HOST}",
    "www in right-to-left": f"\u202ewww.{HOST}\u202c \u2067www.{HOST}\u2069",
    "mail": f"mailto:a@{HOST}",
    "mail without a scheme": f"first.last+tag@{HOST}",
    "xmpp": f"xmpp:a@{HOST}/r",
    "ftp": f"ftp://{HOST}/f",
    "other schemes": f"javascript:{HIT} data:text/html,<script>{HIT}</script>",
    "no scheme": f"//{HOST}/n",
    "in angle brackets": f"<https://{HOST}/a> <a@{HOST}>",
    # Markdown
    "link": f"[l](javascript:{HIT}) [m](/evil) [n](#evil)",
    "link by reference": f"[r][1] [1]: http://{HOST}/r",
    "image": f"![i](http://{HOST}/i.png)",
    "image in a link": f"[![i](data:image/png;base64,AA)](http://{HOST})",
    "emphasis": "**b** __u__ *i* _e_ ~~d~~ ~s~ `c` ^^",
    "backslashes": r"\*e\* \\ \[x\]",
    "table": "| a | b |\n| - | - |\n| c | d |",
    "blocks": "# h\n> q\n- l\n1. n\n    code\n***\n===",
    "code fence": "```mermaid\ngraph TD; A-->B\n``` ~~~",
    "footnote": "[^1] [^1]: note",
    "LaTeX": "$x^2$ $$\\frac{1}{2}$$ \\(y\\)",
    # Streamlit's own
    "emoji": ":smile: :+1: :evil:",
    "icons": ":material/bomb: :material_bomb: :streamlit:",
    "directives": ":red[r] :blue-background[b] :small[s] :help[h] :green-badge[g] :color[c]{foreground=red}",
    "block directive": ":::red\nx\n::: ::hr[y]{.z}",
    "arrows": "a -> b <- c <-> d -- e >= f <= g ~= h",
    # templates, terminals, spreadsheets
    "templates": "{{ 7 * 7 }} {% raw %} ${7*7} %{x} #{7} %(a)s {0}",
    "terminal": "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x1b\\l\x1b]8;;\x1b\\ \x07",
    "null": "be\x00fore \ufeffmark",
    "formula": f'=HYPERLINK("http://{HOST}","x") +1 -1 @SUM(A1)',
    "lone surrogate": "cut \ud83d off",
    "plotly": f"<b>b</b><br><a href='http://{HOST}'>p</a><sub>s</sub>",
}
LONG = "W" * 3_000

INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd?]")
# What Markdown, addresses and Streamlit look for, to put hostile texts together from
FRAGMENTS = (
    *"www http https mailto xmpp : / // . @ evil.example a -> -- :: ** __ ~~ ` $ [ ] ( ) < > ! # | \\ & ; = + 1. - * _".split(),
    *("\u200b", "\u200d", "\u2060", "\u0301", "\u202e", "\ufeff", "\xa0", "\n", " ", "\t"),
    *(":smile:", ":red[", ":material_home:", "&lt;"),
)


def visible(text: str) -> str:
    """The characters of a text that can be seen, without the space between them; what has no bytes in UTF-8 counts as unseen."""
    return "".join(INVISIBLE.sub("", text.encode("utf-8", "replace").decode()).split())
