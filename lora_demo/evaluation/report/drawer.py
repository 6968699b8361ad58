"""A drawer of a report: a heading that opens and closes what belongs to it."""

from html import escape


def drawer(title: str, content: str, target: str = "", group: str = "") -> str:
    """Make a drawer, closed at first.

    A browser opens it by itself for a link to something inside, and for a text found inside.

    Args:
        title: Heading, as text.
        content: The content of the drawer, as HTML.
        target: Id for links that open the drawer.
        group: Name of a group of drawers, of which one at most is open.

    Returns:
        HTML.
    """
    name = f' name="{group}"' if group else ""
    anchor = f'<span id="{target}"></span>' if target else ""
    heading = f"<summary><h2>{escape(title)}</h2></summary>"
    return f'<details class="drawer"{name}>{heading}<div>{anchor}{content}</div></details>'
