"""A parsed report page for tests."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Gathers tags, attributes, ids and links; fails on what is never closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.ids, self.links, self.open = set(), [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        assert not any(
            name.startswith("on") or name in ("src", "srcset", "action") for name in attributes
        )
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()
