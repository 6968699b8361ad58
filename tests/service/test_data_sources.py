"""Promise: no path that a visitor names is opened, and names of sources are readable."""

import pytest

from lora_demo.service.data_sources import (
    default_name,
    parse_hub_source,
    parse_source,
    public_name,
    resolve_source,
)


@pytest.mark.parametrize(
    "source", ["/etc/passwd", "../x/y:z", "lora_demo/web:x", "name", "a/b/c:d"]
)
def test_a_path_is_not_a_hub_data_set(source):
    with pytest.raises(ValueError, match="is not a Hub data set"):
        parse_hub_source(source)


def test_a_hub_data_set_may_have_a_part_of_a_split():
    assert parse_hub_source(" wmt/wmt16:de-en:train[:1%] ") == "wmt/wmt16:de-en:train[:1%]"


def test_clients_name_sources_in_one_text(tmp_path):
    upload = tmp_path / "uploads" / "pairs-0123abcd.tsv"
    upload.parent.mkdir()
    upload.touch()
    assert parse_source("upload:pairs-0123abcd.tsv", tmp_path) == str(upload)
    assert parse_source("builtin:weather", tmp_path) == "builtin:weather"
    assert parse_source("wmt/wmt16:de-en", tmp_path) == "wmt/wmt16:de-en"
    with pytest.raises(ValueError, match="Upload it again"):
        parse_source("upload:../uploads/pairs-0123abcd.tsv", tmp_path)
    with pytest.raises(ValueError, match="is not a data source"):
        parse_source("builtin:..", tmp_path)
    with pytest.raises(ValueError, match=r"Upload a .tsv"):
        resolve_source("upload", tmp_path)


@pytest.mark.parametrize(
    ("source", "public", "name"),
    [
        ("builtin", "builtin", "builtin-r8"),
        ("builtin:weather", "builtin:weather", "weather-r8"),
        ("/runs/x/uploads/my_file-0123abcd.tsv", "my_file.tsv", "my_file-r8"),
        ("wmt/wmt16:de-en:train[:1%]", "wmt/wmt16:de-en:train[:1%]", "wmt16-de-en-train-r8"),
    ],
)
def test_names_of_sources_and_adapters(source, public, name):
    assert public_name(source) == public
    assert default_name(source, 8) == name


def test_a_hub_data_set_may_name_its_columns_as_its_refusal_advises():
    source = "owner/pairs:default:train[:1%]:German text,english"
    assert parse_hub_source(source) == source
