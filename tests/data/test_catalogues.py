"""Translation memories, XLIFF and .po files are read as the tools that write them mean them."""

import pytest

from lora_demo.cli.translate_files import read_texts
from lora_demo.data.readers.columns import ColumnsNotFoundError
from lora_demo.language import in_language
from tests.data.test_readers import read_file, refusal, write

TMX = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<tmx version="1.4"><header creationtool="OmegaT" srclang="de-DE" segtype="sentence">
<note>About</note><prop type="x">y</prop></header><body>
<tu><note>first</note><prop type="p">v</prop>
 <tuv xml:lang="de-DE"><note>n</note><seg>Die <bpt i="1">&lt;b&gt;</bpt>rote<ept i="1">&lt;/b&gt;</ept> Tür<ph>&lt;br/&gt;</ph>ist zu.</seg></tuv>
 <tuv xml:lang="EN-US"><seg>The <hi type="b">red</hi> door <it pos="begin">{\\i</it>is<ut>x</ut> shut.</seg></tuv></tu>
<tu><tuv lang="en_GB"><seg>Tom &amp; Anna</seg></tuv><tuv lang="fr"><seg>Non</seg></tuv>
 <tuv lang="de"><seg>Tom &amp; Anna,
 zu Hause</seg></tuv></tu>
<tu><tuv xml:lang="fr"><seg>Oui</seg></tuv><tuv xml:lang="en"><seg>Yes</seg></tuv></tu>
<tu><tuv xml:lang="de-AT"><seg>Jause</seg></tuv><tuv xml:lang="de"><seg>Imbiss</seg></tuv>
 <tuv xml:lang="en"><seg>snack</seg></tuv></tu>
<tu><tuv xml:lang="de"><seg/></tuv><tuv xml:lang="en"><seg>empty</seg></tuv></tu>
</body></tmx>
"""  # noqa: E501
TMX_PAIRS = [
    ("Die rote Tür ist zu.", "The red door is shut."),
    ("Tom & Anna, zu Hause", "Tom & Anna"),
    ("Imbiss", "snack"),
]
BOMB = """<!DOCTYPE tmx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<tmx><body><tu><tuv lang="de"><seg>&b;</seg></tuv><tuv lang="en"><seg>x</seg></tuv></tu></body></tmx>
"""  # noqa: E501


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_translation_memory_is_read_without_its_tags(tmp_path, encoding):
    text = TMX.replace("UTF-8", encoding)
    assert read_file(write(tmp_path, "a.tmx", text, encoding)) == TMX_PAIRS
    assert read_file(write(tmp_path, "a.tmx.gz", text, encoding)) == TMX_PAIRS


def test_a_regional_variant_of_a_translation_memory_can_be_chosen(tmp_path):
    path = write(tmp_path, "a.tmx", TMX)
    assert read_file(path, columns="de=de-AT,en=en") == [("Jause", "snack")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "entities"),
        ('<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]><tmx>&a;</tmx>', "entities"),
        (TMX.replace("</body>", ""), "line"),
        ("<tmx>&nbsp;</tmx>", "line 1"),
        ("<tmx>" + "<a>" * 10_000, "line 1"),
        ("", "is empty"),
    ],
)
def test_a_translation_memory_that_cannot_be_read_is_refused(tmp_path, text, words):
    assert words in refusal(write(tmp_path, "a.tmx", text))


def test_an_entity_of_html_that_no_file_declares_is_its_character(tmp_path):
    path = write(tmp_path, "a.tmx", TMX.replace("Tom &amp; Anna<", "Tom &ndash; Anna<"))
    assert read_file(path)[1] == ("Tom & Anna, zu Hause", "Tom – Anna")


def test_of_several_texts_of_one_language_the_first_that_is_not_empty_is_read(tmp_path):
    variants = "".join(
        f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>'
        for code, text in (("de", " "), ("en", ""), ("de", "Ja"), ("en", "Yes"), ("en", "Yeah"))
    )
    path = write(tmp_path, "a.tmx", f"<tmx><body><tu>{variants}</tu></body></tmx>")
    assert read_file(path) == [("Ja", "Yes")]


def test_a_translation_memory_without_german_is_refused_with_its_languages(tmp_path):
    text = '<tmx><body><tu><tuv xml:lang="nl"><seg>a</seg></tuv></tu></body></tmx>'
    assert "Its languages are nl." in refusal(write(tmp_path, "a.tmx", text))
    assert "Its languages are unknown." in refusal(write(tmp_path, "b.tmx", "<tmx><body/></tmx>"))
    with in_language("de"):
        message = refusal(write(tmp_path, "c.tmx", "<tmx><body/></tmx>"))
    assert "Vorhandene Sprachen: unbekannt." in message


XLIFF_12 = """<?xml version="1.0"?>
<xliff xmlns="urn:oasis:names:tc:xliff:document:1.2" version="1.2">
<file original="a" source-language="{source}" target-language="{target}" datatype="html"><body>
<trans-unit id="1"><source>Guten <g id="1">Tag</g>,<x id="2" ctype="lb"/>Welt</source>
 <target state="final">Good <g id="1">day</g>, world</target>
 <alt-trans><source>Schlecht</source><target>Bad</target></alt-trans><note>n</note></trans-unit>
<group><trans-unit id="2"><source>Eins. Zwei.</source>
 <seg-source><mrk mtype="seg" mid="0">Eins.</mrk> <mrk mtype="seg" mid="1">Zwei.</mrk>
 <mrk mtype="seg" mid="2">Drei.</mrk></seg-source>
 <target><mrk mtype="seg" mid="1">Two.</mrk> <mrk mtype="seg" mid="0">One.</mrk>
 <mrk mtype="seg" mid="2"/></target></trans-unit></group>
<trans-unit id="3"><source>offen</source></trans-unit>
<trans-unit id="4"><source>neu</source><target state="new">neu</target></trans-unit>
<trans-unit id="5" translate="no"><source>Name</source><target>Name</target></trans-unit>
<trans-unit id="6"><source>Platz <ph id="1">%s</ph></source><target>Place <bpt id="1">x</bpt></target>
</trans-unit></body></file></xliff>
"""  # noqa: E501
PAIRS_12 = [
    ("Guten Tag, Welt", "Good day, world"),
    ("Eins.", "One."),
    ("Zwei.", "Two."),
    ("Platz", "Place"),
]
XLIFF_2 = """<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.1" srcLang="en-GB" trgLang="de">
<file id="f"><group id="g"><unit id="1"><notes><note>n</note></notes>
<segment id="a" state="translated"><source>Good <pc id="1">morning</pc>.</source><target>Guten <pc id="1">Morgen</pc>.</target></segment>
<ignorable><source> </source></ignorable>
<segment><source>A<cp hex="0021"/></source><target><mrk id="m" type="term">Ein</mrk><ph id="2"/>s</target></segment>
<segment state="initial"><source>open</source><target>open</target></segment>
<segment><source>none</source></segment></unit></group></file></xliff>
"""  # noqa: E501


@pytest.mark.parametrize("name", ["a.xlf", "a.xliff", "a.sdlxliff", "a.mqxliff", "a.xlf.gz"])
def test_xliff_1_2_gives_its_translated_segments(tmp_path, name):
    path = write(tmp_path, name, XLIFF_12.format(source="de-DE", target="en-US"))
    assert read_file(path) == PAIRS_12


def test_the_direction_of_an_xliff_file_follows_its_languages(tmp_path):
    path = write(tmp_path, "a.xlf", XLIFF_12.format(source="en", target="de"))
    assert read_file(path) == [(en, de) for de, en in PAIRS_12]
    path = write(tmp_path, "b.xlf", XLIFF_2)
    assert read_file(path) == [("Guten Morgen.", "Good morning."), ("Eins", "A!")]


def test_an_xliff_file_in_other_languages_needs_the_sides_by_name(tmp_path):
    path = write(tmp_path, "a.xlf", XLIFF_12.format(source="de", target=""))
    assert "--columns de=source,en=target" in refusal(path)
    assert read_file(path, columns="de=source,en=target") == PAIRS_12


PO = """# Translators
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset={charset}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: a.c:1
msgctxt "menu"
msgid "Open file"
msgstr "Datei öffnen"

msgid "one line"
msgid_plural "%d "
"lines"
msgstr[0] "eine Zeile"
msgstr[1] "%d Zeilen"

#, fuzzy
msgid "Close"
msgstr "Offen"

msgid "untranslated"
msgstr ""

#~ msgid "old"
#~ msgstr "alt"
"""
PO_PAIRS = [
    ("Datei öffnen", "Open file"),
    ("eine Zeile", "one line"),
    ("%d Zeilen", "%d lines"),
]


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1", "latin1", "CP1252", "x-unknown"])
def test_a_po_file_gives_its_finished_messages(tmp_path, charset):
    text = PO.format(language="de_DE", charset=charset)
    encoding = "utf-8" if charset == "x-unknown" else charset
    assert read_file(write(tmp_path, "a.po", text, encoding)) == PO_PAIRS
    assert read_file(write(tmp_path, "a.po.gz", text, encoding)) == PO_PAIRS


def test_the_direction_of_a_po_file_follows_its_header_or_is_given(tmp_path):
    path = write(tmp_path, "a.po", PO.format(language="en", charset="UTF-8"))
    assert read_file(path) == [(en, de) for de, en in PO_PAIRS]
    path = write(tmp_path, "b.po", PO.format(language="", charset="UTF-8"))
    assert "--columns de=msgstr,en=msgid" in refusal(path)
    assert read_file(path, columns="de=msgstr,en=msgid") == PO_PAIRS


@pytest.mark.parametrize(
    "fault", ["nonsense", 'msgid "c', 'msgid c"', 'msgid "c" d', 'msgid "c"d"', 'msgx "c"', '"\\"']
)
def test_a_po_file_with_a_fault_is_refused_with_the_line(tmp_path, fault):
    head = PO.format(language="de", charset="UTF-8")
    text = f'{head}\nmsgid "a"\nmsgstr "b"\n{fault}\nmsgstr "d"\n'
    assert f"line {head.count(chr(10)) + 4}:" in refusal(write(tmp_path, "a.po", text))


def test_a_po_file_whose_text_is_a_path_opens_no_other_file(tmp_path):
    other = write(tmp_path, "b.po", PO.format(language="de", charset="UTF-8"))
    refusal(write(tmp_path, "a.po", str(other)))


def memory(german, english):
    """Return a memory of one unit, whose texts are escaped."""
    texts = [text.replace("&", "&amp;").replace("<", "&lt;") for text in (german, english)]
    sides = zip(("de", "en"), texts, strict=True)
    variants = "".join(f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>' for code, text in sides)
    return f"<tmx><body><tu>{variants}</tu></body></tmx>"


@pytest.mark.parametrize(
    ("german", "english", "pair"),
    [
        ("Die <f0>rote</f0> Tür<br1/>klemmt.", "The <f0>red</f0> door", "Die rote Tür klemmt."),
        ("<t0/>Teig<s12>waren</s12>", "<t0/>Pasta", "Teigwaren"),
        ('<a href="x?a=1" class=b>Mehr</a> <g id="1">dazu</g><x id="2"/>', "More", "Mehr dazu"),
        ("<p>Eins.</p><P>Zwei.</P>", "One. Two.", "Eins. Zwei."),
        ("x <b> y</b> und <i >z</i >", "x", "x y und z"),
        ("3 < 5 und 7 > 2", "3", "3 < 5 und 7 > 2"),
        ("a<b und c>d, <Datei>, <b@c.de>", "a", "a<b und c>d, <Datei>, <b@c.de>"),
    ],
)
def test_tags_that_are_written_as_text_are_removed_but_no_other_text(
    tmp_path, german, english, pair
):
    path = write(tmp_path, "a.tmx", memory(german, english))
    ((de, en),) = read_file(path)
    assert de == pair and "<" not in en


def test_texts_to_translate_need_no_translation(tmp_path):
    path = write(tmp_path, "a.xlf", XLIFF_12.format(source="de", target="en"))
    assert read_texts(path) == [
        "Guten Tag, Welt", "Eins.", "Zwei.", "Drei.", "offen", "neu", "Platz "
    ]  # fmt: skip
    path = write(tmp_path, "b.xlf", XLIFF_12.format(source="en", target="de"))
    assert [text.strip() for text in read_texts(path)] == [en for _, en in PAIRS_12]
    path = write(tmp_path, "a.tmx", TMX.replace('xml:lang="en"', 'xml:lang="nl"'))
    assert read_texts(path)[-1] == "Imbiss" and len(read_texts(path)) == 3
    path = write(tmp_path, "a.po", PO.format(language="en", charset="UTF-8"))
    assert [*read_texts(path)] == [
        "Open file", "one line", "%d lines", "Close", "untranslated"
    ]  # fmt: skip
    path = write(tmp_path, "b.po", PO.format(language="de", charset="UTF-8"))
    assert read_texts(path) == [de for de, _ in PO_PAIRS]
    assert read_texts(path, "de=msgid")[-1] == "untranslated"


@pytest.mark.parametrize(
    ("name", "text", "choice"),
    [
        ("a.xlf", XLIFF_12.format(source="de", target=""), ["source", "target"]),
        ("a.po", PO.format(language="", charset="UTF-8"), ["msgid", "msgstr"]),
    ],
)
def test_the_sides_of_a_file_without_languages_can_be_chosen(tmp_path, name, text, choice):
    with pytest.raises(ColumnsNotFoundError) as error:
        read_file(write(tmp_path, name, text))
    assert error.value.found == choice
