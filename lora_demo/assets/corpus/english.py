"""Forms of English verbs, as much as the grammars of the built-in corpus need."""

import re


def third_person(verb: str) -> str:
    """Return the third person singular of an English verb."""
    if verb == "have":
        return "has"
    if re.search("[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "o")) else "s")


def english_forms(text: str) -> tuple[str, str, str, str]:
    """Complete the forms of an English verb: `write/wrote/written`, `clean`."""
    base, *others = text.split("/")
    regular = base + "d" if base.endswith("e") else base + "ed"
    past = others[0] if others else re.sub("(?<=[^aeiou])yed$", "ied", regular)
    done = others[1] if len(others) > 1 else past
    ing = re.sub("(?<=[^eo])e$", "", base) + "ing" if base != "be" else "being"
    return base, past, done, others[2] if len(others) > 2 else ing
