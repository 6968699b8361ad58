"""The switch of the page's language as HTML."""

from lora_demo.language import LANGUAGES, _, current_language


def languages_html() -> str:
    """Render a link for each language; the browser remembers the one that is followed."""
    links = "".join(
        f'<a href="?lang={code}" lang="{code}" hreflang="{code}"'
        f"{' aria-current=true' if code == current_language() else ''}>{name}</a>"
        for code, name in LANGUAGES.items()
    )
    return f'<nav class="languages" aria-label="{_("Language")}">{links}</nav>'
