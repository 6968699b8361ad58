"""Forms of English verbs, as much as the grammars of the built-in corpus need."""

import re


def third_person(verb: str) -> str:
    """Return the third person singular of an English verb.

    Args:
        verb: The infinitive, without `to`.
    """
    if verb == "have":
        return "has"
    if re.search("[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "o")) else "s")


def english_forms(text: str) -> tuple[str, str, str, str]:
    """Complete the forms of an English verb.

    Args:
        text: The infinitive and its irregular forms: `clean`, `write/wrote/written`.

    Returns:
        Infinitive, past, past participle and present participle.
    """
    base, *irregular = text.split("/")
    past = irregular[0] if irregular else _regular_past(base)
    past_participle = irregular[1] if len(irregular) > 1 else past
    present_participle = irregular[2] if len(irregular) > 2 else _regular_ing(base)
    return base, past, past_participle, present_participle


def _regular_past(base: str) -> str:
    past = base + "d" if base.endswith("e") else base + "ed"
    return re.sub("(?<=[^aeiou])yed$", "ied", past)


def _regular_ing(base: str) -> str:
    if base == "be":
        return "being"
    return re.sub("(?<=[^eo])e$", "", base) + "ing"
