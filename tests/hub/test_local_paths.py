"""No path and no user name of anybody's machine leaves in a push, and the Hub accepts the card."""

import json
import shutil

import pytest
import yaml
from huggingface_hub import ModelCard

from lora_demo.checkpoints.repository_names import validate_name
from lora_demo.hub.foreign_cards import validate_front_matter
from lora_demo.hub.local_paths import base_name, clean_prose, without_local_paths
from lora_demo.hub.parcel import preview_push
from lora_demo.hub.places import Place, parse_place
from lora_demo.hub.pull import pull_adapter
from tests.hub.conftest import files_of

PATHS = [
    "/home/berta/models/my-t5",
    "/Users/berta/my-t5/",
    "~/models/my-t5",
    "~berta/my-t5",
    "../berta/my-t5",
    ".\\berta\\my-t5",
    "C:\\Users\\berta\\my-t5",
    "c:/Users/berta/my-t5",
    "C:\\Users\\Berta Maria\\my-t5",
    "\\\\server\\berta\\my-t5",
    "file:///home/berta/my-t5",
    "berta\\my-t5",
    "%USERPROFILE%\\berta\\my-t5",
    "$HOME/berta/my-t5",
    "${HOME}/berta/my-t5",
    "berta@host.example.org:my-t5",
    "berta@10.0.0.7:/data/berta/my-t5",
    "sftp://berta@host/home/my-t5",
    "smb://server/berta/my-t5",
    "//wsl.localhost/Ubuntu/home/berta/my-t5",
    "./berta/my-t5",
    "runs/berta/merged/my-t5",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_base_is_named_without_its_place(path):
    assert base_name(path) == "my-t5"


CACHE = "/home/berta/.cache/huggingface/hub/models--google--flan-t5-base/snapshots/7bcac5"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (CACHE, "google/flan-t5-base"),
        (CACHE.replace("/", "\\").replace("\\home", "C:\\Users") + "\\", "google/flan-t5-base"),
        (CACHE.replace("google--flan-t5-base", "t5-small"), "t5-small"),
        ("https://huggingface.co/google/flan-t5-base", "google/flan-t5-base"),
        ("hf://google/flan-t5-base", "google/flan-t5-base"),
        ("/home/berta", "local"),
        ("C:\\Users\\Berta\\", "local"),
        ("/Users/berta/", "local"),
        ("Berta Maria/my-t5", "my-t5"),
    ],
)
def test_a_cached_base_has_its_id_and_the_folder_of_a_user_has_no_name(path, name):
    assert base_name(path) == name
    if "berta" in path.lower() and path.startswith(("/", "C:")):
        assert without_local_paths({path: [path, f"in '{path}' now"]}) == {
            name: [name, f"in '{name}' now"]
        }


def test_names_of_users_with_spaces_leave_no_part_behind():
    text = (
        "From /home/Berta Maria/t5, C:\\Users\\Berta Maria\\x and D:/data/y; see /Users/berta now."
    )
    expected = "From t5, x and y; see local now."
    assert clean_prose(text, []) == without_local_paths(text) == expected


@pytest.mark.parametrize(
    "path",
    [
        "//server/berta/x.tsv",
        "\\\\server\\berta$\\x.tsv",
        "..\\berta\\x.tsv",
        "/cygdrive/c/Users/berta/x.tsv",
        "/mnt2/berta/x.tsv",
        "/home3/berta/x.tsv",
        "/cluster/home/berta/x.tsv",
        "/run/media/berta/usb/x.tsv",
        "$SCRATCH/berta/x.tsv",
        "berta@host:/data/x.tsv",
        "ssh://berta@host/x.tsv",
    ],
)
def test_a_path_in_a_card_of_a_person_is_shortened(path):
    assert clean_prose(f"Trained on {path} of ours.", []) == "Trained on x.tsv of ours."


@pytest.mark.parametrize(
    "text",
    [
        "See https://x.org/a/b and hf://a/b.",
        "// a comment/remark",
        "and/or 1/2",
        "a\\b",
        "[x](//cdn.org/x.png)",
        "git@github.com:ada/kitchen.git, ada@x.org: ask me, 5 %, 3 $/h, $r/d$",
    ],
)
def test_text_that_is_not_a_path_stays_in_a_card(text):
    assert clean_prose(text, []) == text


@pytest.mark.parametrize("id", ["mini", "google/flan-t5-base", "t5-small", "ada/kitchen/base"])
def test_an_id_keeps_its_name(id):
    assert base_name(id) == id
    assert without_local_paths({"id": [id]}) == {"id": [id]}


def test_paths_inside_of_longer_texts_are_shortened():
    command = "train --base '/home/berta maria/t5' --data=C:\\Users\\berta\\x.tsv --watch ~/y.tsv"
    assert without_local_paths(command) == "train --base 't5' --data=x.tsv --watch y.tsv"
    text = "See https://huggingface.co/ada/kitchen and/or base_model:adapter:/home/berta/t5."
    assert without_local_paths(text).endswith("base_model:adapter:t5.")
    assert "https://huggingface.co/ada/kitchen and/or" in without_local_paths(text)
    assert without_local_paths("/a/x.de,/a/x.en") == "x.de,x.en"
    command = "train --base //server/berta/t5 --data ../berta/x.tsv --watch $HOME/berta/y.tsv"
    assert without_local_paths(command) == "train --base t5 --data x.tsv --watch y.tsv"
    assert without_local_paths("see https://x.org/a/b and git@x.org:a/b") == (
        "see https://x.org/a/b and git@x.org:a/b"
    )


@pytest.mark.parametrize("shorten", [without_local_paths, lambda text: clean_prose(text, ())])
def test_relative_paths_after_the_options_of_a_command_are_shortened(shorten):
    command = (
        "train --data ../berta/x.jsonl --watch=berta/y.tsv --replay-data 'berta/a.de,berta/a.en' "
        "--output runs/berta/7 --from ../berta/k8 --config .\\berta\\run.json "
        '--also "../berta s data/x y.tsv" `--file berta/z.txt`'
    )
    assert shorten(command) == (
        "train --data x.jsonl --watch=y.tsv --replay-data 'a.de,a.en' --output 7 --from k8 "
        '--config run.json --also "x y.tsv" `--file z.txt`'
    )
    kept = (
        "evaluate --data wmt/wmt16:de-en:test[:1%] --base google/flan-t5-base --adapter ada/k8 "
        "--watch builtin:general --columns de=a/b,en=c/d --data https://x.org/a.tsv"
    )
    assert shorten(kept) == kept


def test_a_base_in_a_relative_folder_is_not_sent_as_an_id_on_the_hub(
    adapter, small_base, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(small_base, tmp_path / "berta" / "my-t5")
    config = json.loads((adapter / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "berta/my-t5"
    manifest = json.loads((adapter / "manifest.json").read_text())
    manifest["base"]["id"] = "berta/my-t5"
    manifest["command"] = "train --base berta/my-t5 --data x.tsv"
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    (adapter / "manifest.json").write_text(json.dumps(manifest))
    for with_base in (True, False):
        sent = preview_push(adapter, "ada/kitchen", with_base).files
        for name in ("adapter_config.json", "manifest.json", "README.md"):
            assert b"berta" not in sent[name], name


@pytest.mark.parametrize("path", PATHS)
def test_no_file_of_a_push_names_the_place_of_the_base(adapter, path):
    for name in ("adapter_config.json", "manifest.json"):
        document = json.loads((adapter / name).read_text())
        if name == "manifest.json":
            document["base"]["id"] = path
            document["command"] = f"train --base {path!r} --data {path}"
        else:
            document["base_model_name_or_path"] = path
            document["auto_mapping"] = {"parent_library": path}
        (adapter / name).write_text(json.dumps(document))
    quoted = json.dumps(path)
    (adapter / "README.md").write_text(
        f"---\nbase_model: {quoted}\nlibrary_name: peft\ntags:\n- lora\n"
        f"- {json.dumps('base_model:adapter:' + path)}\n---\n\n# Berlin\n\nFrom {path} itself.\n"
    )
    sent = preview_push(adapter, "ada/kitchen").files
    for name in ("adapter_config.json", "manifest.json", "README.md"):
        assert b"berta" not in sent[name].lower(), name
    card = ModelCard(sent["README.md"].decode())
    assert card.data.base_model is None
    assert card.data.tags == ["lora"]
    assert "my-t5" in card.text


def test_settings_of_a_base_that_is_sent_name_no_place(adapter, small_base, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(small_base, base)
    document = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(document | {"_name_or_path": PATHS[0]}))
    manifest = json.loads((adapter / "manifest.json").read_text())
    manifest["base"]["id"] = str(base)
    (adapter / "manifest.json").write_text(json.dumps(manifest))
    sent = preview_push(adapter, "ada/kitchen").files["base/config.json"]
    assert json.loads(sent) == document | {"_name_or_path": "my-t5"}


def test_a_generated_card_leaves_out_a_base_that_is_not_on_the_hub(adapter):
    manifest = json.loads((adapter / "manifest.json").read_text())
    manifest["base"]["id"] = "D:\\models\\my-t5"
    (adapter / "manifest.json").write_text(json.dumps(manifest))
    data = yaml.safe_load(preview_push(adapter, "ada/kitchen").card.split("---")[1])
    assert "base_model" not in data and "base_model_relation" not in data


@pytest.mark.parametrize(
    ("front", "word"),
    [
        ("license: my own", "license"),
        ("model-index: [{name: x}]", "model-index"),
        ("tags: [1, 2]", "tags"),
        ("metrics: [bleu, 3]", "metrics"),
        ("language: [de, german]", "'german' is not a code"),
        ("language: no", "language are not all texts"),
        ("a: [", "YAML"),
        ("- a", "key: value"),
    ],
)
def test_a_card_that_the_hub_would_refuse_is_refused_before(front, word):
    with pytest.raises(ValueError, match=word):
        validate_front_matter(f"---\n{front}\n---\n# Mine\n")


def test_a_valid_card_is_not_touched():
    card = (
        "---\nbase_model:\n- google/flan-t5-base  # ours\nlicense: other\n---\n# Mine: a/b, 1/2\n"
    )
    assert validate_front_matter(clean_prose(card, ["/home/x/t5"])) == card


def test_data_sets_that_are_files_are_left_out_of_a_card():
    card = "---\ndatasets:\n- wmt/wmt16\n- data of mine/x.tsv\nlicense: mit\n---\n# Mine\n"
    data = yaml.safe_load(validate_front_matter(card).split("---")[1])
    assert data == {"datasets": ["wmt/wmt16"], "license": "mit"}


@pytest.mark.parametrize("name", ["ada/übersetzer", "ada/mein-übersetzer", "ada/x-", "ada/.x"])
def test_names_that_the_hub_refuses_are_refused(name):
    with pytest.raises(ValueError, match="user/name"):
        validate_name(name)


def test_a_slash_at_the_end_of_a_name_does_not_matter():
    assert validate_name("https://huggingface.co/ada/kitchen/") == "ada/kitchen"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ada/kitchen", ("ada/kitchen", None, "")),
        ("ada/kitchen@v1/x", ("ada/kitchen", "v1/x", "")),
        ("ada/kitchen/checkpoint-500", ("ada/kitchen", None, "checkpoint-500")),
        ("ada/kitchen/out/german@v1", ("ada/kitchen", "v1", "out/german")),
        ("https://huggingface.co/ada/kitchen/tree/main", ("ada/kitchen", "main", "")),
        ("https://hf.co/ada/kitchen/tree/main/a/b/", ("ada/kitchen", "main", "a/b")),
        (
            "https://huggingface.co/ada/kitchen/blob/v1/a/adapter_config.json",
            ("ada/kitchen", "v1", "a"),
        ),
        (
            "https://huggingface.co/ada/kitchen/blob/main/adapter_config.json",
            ("ada/kitchen", "main", ""),
        ),
        (
            "https://huggingface.co/ada/kitchen/tree/refs/pr/1/a?x=1",
            ("ada/kitchen", "refs/pr/1", "a"),
        ),
    ],
)
def test_places_on_the_hub_are_parsed(text, place):
    assert parse_place(text) == Place(*place)


def test_an_adapter_in_a_folder_of_a_repository_is_pulled(hub, adapter, small_base, tmp_path):
    files = {f"checkpoint-500/{name}": data for name, data in files_of(adapter).items()}
    hub.add("ada/out", files)
    with pytest.raises(ValueError, match="in it: ada/out/checkpoint-500"):
        pull_adapter("ada/out", tmp_path / "back", base=str(small_base))
    pulled = pull_adapter("ada/out/checkpoint-500", tmp_path / "back", base=str(small_base))
    assert pulled.rank == 3
    assert set(files_of(tmp_path / "back")) >= {"adapter_config.json"}
