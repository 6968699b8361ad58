"""Files of programs: keys in the place of sentences, and characters that end no line."""

import pytest

from lora_demo.cli.translate_files import read_texts
from lora_demo.data.pairs import read_file

PAIRS = [("Die Datei öffnen", "Open the file"), ("Alles", "All")]
PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: de\\n"\n'
XLIFF = '<xliff version="1.2"><file source-language="en" target-language="de"><body>'


def po(pairs):
    return PO + "".join(f'\nmsgid "{en}"\nmsgstr "{de}"\n' for de, en in pairs)


def xliff(pairs):
    units = "".join(
        f"<trans-unit><source>{en}</source><target>{de}</target></trans-unit>" for de, en in pairs
    )
    return f"{XLIFF}{units}</body></file></xliff>"


def write(tmp_path, make, pairs):
    path = tmp_path / ("a.po" if make is po else "a.xlf")
    path.write_text(make(pairs), encoding="utf-8")
    return path


@pytest.mark.parametrize("make", [po, xliff])
@pytest.mark.parametrize(
    "keys", [("menu.file.open", "menu.all"), ("FILE_OPEN", "ALL_OF_IT"), ("fileOpen", "app:all")]
)
def test_a_file_whose_sentences_are_keys_is_refused_with_one(tmp_path, make, keys):
    path = write(tmp_path, make, [(de, key) for (de, _en), key in zip(PAIRS, keys, strict=True)])
    with pytest.raises(ValueError, match=f"has keys such as '{keys[0]}'.*Export the sentences"):
        read_file(path)
    assert read_texts(path) == [de for de, _en in PAIRS]


@pytest.mark.parametrize("make", [po, xliff])
@pytest.mark.parametrize(
    "name", [("config.json", "config.json"), ("E-Mail", "Well-known"), ("z. B.", "e.g.")]
)
def test_names_and_words_with_hyphens_are_no_keys(tmp_path, make, name):
    assert read_file(write(tmp_path, make, [name, name, PAIRS[0]])) == [name, name, PAIRS[0]]


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0b", "\x0c"])
def test_only_line_ends_end_lines_of_a_po_file(tmp_path, mark):
    path = write(tmp_path, po, [(de.replace(" ", mark), en) for de, en in PAIRS])
    assert read_file(path) == PAIRS


def test_a_po_file_of_old_macs_is_read(tmp_path):
    path = tmp_path / "a.po"
    path.write_bytes(po(PAIRS).replace("\n", "\r").encode())
    assert read_file(path) == PAIRS
