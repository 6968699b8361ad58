"""The language of a request: chosen on the page, remembered, or the browser's own."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from lora_demo.language import ENGLISH, LANGUAGES, PSEUDO

PARAMETER = "lang"
"""Name in the page's address, as in `?lang=vi`."""
COOKIE = "lora_demo_language"
COOKIE_SECONDS = 365 * 24 * 3600


def choose_language(query: str, headers: Mapping[str, str]) -> str:
    """Return the language in which a request is answered.

    The first of these that names a language of the page: the address, the address of the page that
    sends a call, the cookie, and the languages of the browser. Clients send none of them.

    Args:
        query: The query of the request's address.
        headers: The request's headers, with names in lower case.

    Returns:
        A code of `LANGUAGES`, or `PSEUDO`.
    """
    referrer = urlsplit(headers.get("referer", "")).query
    for code in (_in_query(query), _in_query(referrer), _in_cookie(headers.get("cookie", ""))):
        if code in LANGUAGES or code == PSEUDO:
            return code
    return _of_browser(headers.get("accept-language", ""))


def language_cookie(query: str, over_https: bool) -> str | None:
    """Return the cookie that remembers a language which was chosen in the address, if one was.

    Args:
        query: The query of the request's address.
        over_https: The page may be in a frame of another site, as on a Space.
    """
    code = _in_query(query)
    if code not in LANGUAGES:
        return None
    policy = "None; Secure" if over_https else "Lax"
    return f"{COOKIE}={code}; Max-Age={COOKIE_SECONDS}; Path=/; SameSite={policy}"


def without_language_cookie(cookies: str) -> str:
    """Return a Cookie header without the language, which says nothing about the visitor.

    Args:
        cookies: The header.
    """
    parts = [part.strip() for part in cookies.split(";")]
    return "; ".join(part for part in parts if part and not part.startswith(f"{COOKIE}="))


def _in_query(query: str) -> str:
    return parse_qs(query).get(PARAMETER, [""])[0]


def _in_cookie(cookies: str) -> str:
    try:
        parsed = SimpleCookie(cookies)
    except CookieError:
        return ""
    return parsed[COOKIE].value if COOKIE in parsed else ""


def _of_browser(accepted: str) -> str:
    """Return the language of the page that the browser prefers: `de-AT,de;q=0.9,en;q=0.8`."""
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(","):
        name, _separator, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), name.partition("-")[0].lower()))
        except ValueError:
            continue
    ordered = [code for _weight, code in sorted(wanted, key=lambda each: each[0])]
    return next((code for code in ordered if code in LANGUAGES), ENGLISH)
