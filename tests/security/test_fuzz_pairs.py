"""Promise: any file of pairs from outside is read or refused in one line."""

import json

from hypothesis import given
from hypothesis import strategies as st

from lora_demo.data.cleaning import INVISIBLE
from lora_demo.data.pairs import MAX_CHARACTERS, read_file
from lora_demo.data.sources import load_dataset
from lora_demo.evaluation.sets import load_set
from lora_demo.service.uploads import find_upload, keep_pairs
from tests.security.refusal import attempt
from tests.security.samples import files_under, write
from tests.security.strategies import cases, damaged, deep

cells = st.one_of(
    st.sampled_from(
        [
            "Hallo",
            "",
            " ",
            '"',
            '""',
            "'",
            "a,b",
            "a\tb",
            "=1+1",
            "@x",
            "\r",
            "\n",
            "\0",
            "\u2028",
            "\x85",
            "\ufeff",
            "\u202eabc",
            "\u200b",
            "e\u0301",
            "\ud800",
            "x" * 5001,
            "<script>",
            "\\",
            '{"de":',
            "ſ",
            "İ",
            "🙂",
        ]
    ),
    st.text(max_size=12),
)
headers = st.sampled_from(
    [
        "de,en",
        "en,de",
        "DE, En ",
        "de\ten",
        "de,en,en2,en3",
        "de;en",
        "german,english",
        "de",
        "de,de,en",
        '"de","en"',
        "",
        "\ufeffde\ten",
        "de,en" + ",en1" * 500,
        ",".join(f"en{i}" for i in range(300)) + ",de",
    ]
)


@st.composite
def tables(draw) -> bytes:
    """Draw a file of pairs, which may be invalid."""
    separator = draw(st.sampled_from([",", "\t", ";"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    rows = draw(st.lists(st.lists(cells, min_size=1, max_size=4), max_size=5))
    lines = draw(
        st.sampled_from(
            [
                lambda row: separator.join(row),
                lambda row: json.dumps(
                    dict(zip(("de", "en", "en2", "en33333"), row, strict=False))
                ),
                lambda row: json.dumps({"translation": dict(zip(("en", "de"), row, strict=False))}),
            ]
        )
    )
    text = (
        draw(headers) + end + end.join(map(lines, rows)) + draw(st.sampled_from(["", end]))
        if draw(st.booleans())
        else end.join(map(lines, rows))
    )
    data = text.encode(
        draw(
            st.sampled_from(
                ["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "utf-7"]
            )
        ),
        "replace",
    )
    return damaged(
        draw,
        draw(
            st.one_of(
                st.just(data),
                st.just(data),
                st.just(data),
                deep.map(str.encode),
                st.binary(max_size=60),
            )
        ),
    )


@cases(2000)
@given(tables(), st.sampled_from([".tsv", ".csv", ".jsonl", ".txt", "", ".TSV"]))
def test_any_file_of_pairs_is_read_or_refused(place, data, suffix):
    folder = write(place / "visitor", {})
    file = write(place / "upload", {f"my pairs{suffix}": data}) / f"my pairs{suffix}"
    pairs = attempt(read_file, file)
    dataset = attempt(load_dataset, str(file))
    found = attempt(load_set, str(file))
    for text in (text for pair in pairs or () for text in pair):
        assert text
        assert text == text.strip()
        assert len(text) <= MAX_CHARACTERS
        assert not INVISIBLE.search(text)
        assert text.encode()
    if dataset:
        assert dataset.train
        assert dataset.eval
        assert not set(dataset.train) & set(dataset.eval)
        assert set(dataset.train + dataset.eval) <= set(pairs)
    assert found is None or (
        all(len(column) == len(found) for column in found.references) and found.sha256
    )
    kept = attempt(keep_pairs, file, folder)
    assert (kept is not None) == (pairs is not None and len(pairs) >= 2)
    assert len(files_under(folder)) == (3 if kept else 0)
    assert kept is None or find_upload(folder, kept[0]).read_bytes() == data
