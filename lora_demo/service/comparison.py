"""Comparisons: the base and adapters translate the same sentences together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lora_demo.checkpoints.adapter_names import make_unique
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.reducing import decompose
from lora_demo.data.cleaning import split_lines
from lora_demo.evaluation.analysis.broken import describe_broken
from lora_demo.language import _
from lora_demo.model.checks import check_whole
from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.model_loader import ModelLoader
from lora_demo.service.outside_texts import find_outside
from lora_demo.service.rank_ladder import RankLadder, kept_shares, mean_singular_values
from lora_demo.service.strengths import check_strengths
from lora_demo.service.token_comparison import TokenComparison

MAX_SENTENCES = 50
MAX_CHARACTERS = 5000
MAX_BEAMS = 8
MAX_TOKENS = 256
DEFAULT_TOKENS = 128
MAX_LADDER_SENTENCES = 8
"""Each of them is translated at up to 17 ranks."""


@dataclass(frozen=True)
class Comparison:
    """Translations of some sentences by several systems.

    Args:
        texts: The German sentences.
        systems: The base, then the adapters.
        beams: Beams of the search; 1 is greedy.
        seconds: Time for all translations together.
        max_tokens: Limit for one translation.
        in_pieces: Positions of sentences that were too long and were translated in pieces.
        made_beforehand: True if it ships with the package; then `seconds` is unknown.
        base: Name of the base in the page's menu; empty for the page's own.
        beside: Name of the base of the last column; empty if there is one base.
    """

    texts: list[str]
    systems: list[ComparedSystem]
    beams: int
    seconds: float
    max_tokens: int = DEFAULT_TOKENS
    in_pieces: list[int] = field(default_factory=list)
    made_beforehand: bool = False
    base: str = ""
    beside: str = ""

    def changed(self, system: ComparedSystem) -> int:
        """Count the translations of a system that differ from the base's.

        Args:
            system: One of the comparison's systems.
        """
        base_texts = self.systems[0].texts
        return sum(text != base for text, base in zip(system.texts, base_texts, strict=True))

    def describe_broken(self, i: int, text: str, tokens: int) -> str:
        """Describe in one sentence why a translation looks broken; empty if it does not.

        Args:
            i: Position of its sentence.
            text: The translation.
            tokens: Its token count.
        """
        is_cut = tokens >= self.max_tokens and i not in self.in_pieces
        return describe_broken(self.texts[i], text, is_cut)

    def find_ladder_system(self, ladder: RankLadder) -> ComparedSystem | None:
        """Return the system whose translations a ladder has at each rank; None if there is none.

        Args:
            ladder: Translations by one adapter at several ranks.
        """
        search = (ladder.base, ladder.sentences, ladder.beams, ladder.max_tokens)
        if search != (self.base, self.texts, self.beams, self.max_tokens):
            return None
        wanted = (ladder.adapter, ladder.strength)
        same = (system for system in self.systems if (system.id, system.strength) == wanted)
        return next(same, None)

    def has_tokens(self, tokens: TokenComparison) -> bool:
        """Check whether next tokens are of one of these translations.

        Args:
            tokens: The next tokens of base and adapter for one sentence.
        """
        search = (tokens.base, tokens.beams, tokens.max_tokens)
        if search != (self.base, self.beams, self.max_tokens):
            return False
        wanted = (tokens.adapter, tokens.strength)
        return any((system.id, system.strength) == wanted for system in self.systems)

    def to_json(self) -> dict[str, Any]:
        """Return what `lora_demo translate --json` prints, with adapter ids for folders."""
        columns = [self._column(system) for system in self.systems]
        document: dict[str, Any] = {"beams": self.beams, "columns": columns}
        if self.in_pieces:
            document["translated_in_pieces"] = [position + 1 for position in self.in_pieces]
        return document

    def _column(self, system: ComparedSystem) -> dict[str, Any]:
        return {
            "name": system.name,
            "adapter": system.id,
            "rank": system.rank,
            "strength": system.strength,
            "texts": system.texts,
            "tokens": system.tokens,
            "seconds": self.seconds,
            "changed": self.changed(system),
        }


def check_search(beams: int, max_tokens: int) -> tuple[int, int]:
    """Check the settings of a search, which every translation on the page has.

    Args:
        beams: Beams; 1 is greedy.
        max_tokens: Limit for one translation.

    Raises:
        ValueError: If one of them is out of range.
    """
    return (
        check_whole("beams", beams, 1, MAX_BEAMS),
        check_whole("most_tokens", max_tokens, 1, MAX_TOKENS),
    )


class Comparisons:
    """Compares the base with adapters.

    Args:
        library: The adapters.
        loader: Loads the translator.
        base: Name of the base in the page's menu; empty for the page's own.
    """

    def __init__(self, library: AdapterLibrary, loader: ModelLoader, base: str = "") -> None:
        self.library = library
        self.loader = loader
        self.base = base

    def compare(
        self,
        text: str,
        ids: Sequence[str],
        visitor: str,
        *,
        strengths: Sequence[float] = (),
        beams: int = 1,
        max_tokens: int = DEFAULT_TOKENS,
        together: bool = False,
    ) -> Comparison:
        """Translate with the base and with each adapter, together.

        Args:
            text: German, one sentence per line.
            ids: Ids of the adapters.
            visitor: The visitor's key; empty for shipped adapters only.
            strengths: One for each adapter, from 0 (the base) to 2; all 1 if empty.
            beams: Beams of the search; 1 is greedy.
            max_tokens: Limit for one translation.
            together: Also translate with the sum of the adapters, each at its strength.

        Raises:
            ValueError: If a value is out of range or an adapter is unknown.
        """
        sentences = split_sentences(text)
        entries = self.library.choose(ids, visitor)
        strengths = check_strengths(strengths, len(entries))
        beams, max_tokens = check_search(beams, max_tokens)
        base, *adapted = self.loader.translator().compare(
            sentences,
            [entry.folder for entry in entries],
            strengths=strengths,
            num_beams=beams,
            max_new_tokens=max_tokens,
            together=together,
        )
        systems = [ComparedSystem.of_base(base)]
        names = make_unique(["base", *(entry.name for entry in entries)])[1:]
        columns = adapted[: len(entries)]
        for name, entry, strength, column in zip(names, entries, strengths, columns, strict=True):
            system = ComparedSystem(
                name=name,
                kind="adapter",
                id=entry.id,
                rank=column.rank,
                strength=strength,
                texts=column.texts,
                tokens=column.tokens,
                layers=self.library.details(entry)["layers"],
                outside=find_outside(entry.folder, sentences),
            )
            systems.append(system)
        if together:
            systems.append(ComparedSystem.of_sum(adapted[-1]))
        return Comparison(
            sentences, systems, beams, base.seconds, max_tokens, base.in_pieces, base=self.base
        )

    def at_ranks(
        self,
        text: str,
        id: str | None,
        visitor: str,
        *,
        strength: float = 1.0,
        beams: int = 1,
        max_tokens: int = DEFAULT_TOKENS,
    ) -> RankLadder:
        """Translate with an adapter cut to each of its ranks by truncated SVD.

        Args:
            text: German, one sentence per line.
            id: Id of the adapter.
            visitor: The visitor's key; empty for shipped adapters only.
            strength: Factor of the update, from 0 (the base) to 2.
            beams: Beams of the search; 1 is greedy.
            max_tokens: Limit for one translation.

        Raises:
            ValueError: If a value is out of range, or the adapter is unknown or of DoRA.
        """
        sentences = split_sentences(text)
        if len(sentences) > MAX_LADDER_SENTENCES:
            raise ValueError(
                _(
                    "The text has {count} lines. All ranks can be compared for up to "
                    "{max_ladder_sentences} lines at once. Remove some lines.",
                    count=len(sentences),
                    max_ladder_sentences=MAX_LADDER_SENTENCES,
                )
            )
        entry = self.library.find(id, visitor)
        (strength,) = check_strengths([strength], 1)
        beams, max_tokens = check_search(beams, max_tokens)
        columns = self.loader.translator().at_ranks(
            sentences,
            entry.folder,
            strength=strength,
            num_beams=beams,
            max_new_tokens=max_tokens,
        )
        parts = decompose(read_adapter(entry.folder, self.library.config))
        ranks = [column.rank or 0 for column in columns]
        return RankLadder(
            adapter=entry.id,
            strength=strength,
            sentences=sentences,
            beams=beams,
            max_tokens=max_tokens,
            ranks=ranks,
            texts=[column.texts for column in columns],
            tokens=[column.tokens for column in columns],
            kept=kept_shares(parts, ranks),
            singular_values=mean_singular_values(parts),
            seconds=columns[0].seconds,
            base=self.base,
        )

    def compare_tokens(
        self,
        text: str,
        id: str | None,
        visitor: str,
        *,
        strength: float = 1.0,
        beams: int = 1,
        max_tokens: int = DEFAULT_TOKENS,
    ) -> TokenComparison:
        """Find where base and adapter diverge, and the likeliest next tokens of each.

        Args:
            text: One German sentence.
            id: Id of the adapter.
            visitor: The visitor's key; empty for shipped adapters only.
            strength: Factor of the update, from 0 (the base) to 2.
            beams: Beams of the search; 1 is greedy.
            max_tokens: Limit for the translations.

        Raises:
            ValueError: If a value is out of range, or the adapter is unknown.
        """
        sentences = split_sentences(text)
        if len(sentences) > 1:
            raise ValueError(_("The text has {count} lines. Give one line.", count=len(sentences)))
        entry = self.library.find(id, visitor)
        (strength,) = check_strengths([strength], 1)
        beams, max_tokens = check_search(beams, max_tokens)
        divergence = self.loader.translator().compare_tokens(
            sentences[0],
            entry.folder,
            strength=strength,
            num_beams=beams,
            max_new_tokens=max_tokens,
        )
        return TokenComparison(
            entry.id, strength, sentences[0], beams, max_tokens, divergence, self.base
        )


def split_sentences(text: str) -> list[str]:
    """Split a visitor's text into sentences, one per line.

    Args:
        text: Up to `MAX_SENTENCES` lines with up to `MAX_CHARACTERS` characters in total.

    Raises:
        ValueError: If the text is empty, or too long.
    """
    lines = split_lines(text)
    if not lines:
        raise ValueError(_("Type a German sentence first."))
    if len(lines) > MAX_SENTENCES or len(text) > MAX_CHARACTERS:
        raise ValueError(
            _(
                "The text is too long (lines: {lines}, characters: {characters:,}). The limit is "
                "{max_sentences} lines and {max_characters:,} characters.",
                lines=len(lines),
                characters=len(text),
                max_sentences=MAX_SENTENCES,
                max_characters=MAX_CHARACTERS,
            )
        )
    return lines
