"""The page's functions through gradio_client: what a program can do that has no browser."""

import json
from pathlib import Path

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from lora_demo.checkpoints.base import find_base
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service.archives import pack
from tests.browser.test_strangers import answer_to
from tests.checkpoints.adapter_folders import write_random
from tests.clients import connect
from tests.waiting import wait_for

KEY = "nobody-else-knows-this-key"
NAMES = {
    "compare",
    "compare_ranks",
    "compare_tokens",
    "evaluate",
    "train_start",
    "train_status",
    "train_stop",
    "parameters",
    "adapters",
    "adapter_download",
    "adapter_upload",
    "train_upload",
}
NAMES |= {
    "adapter_inspect",
    "adapter_rename",
    "adapter_reduce",
    "adapter_combine",
    "adapter_merge",
    "adapter_delete",
    "adapter_pull",
    "adapter_push",
}
NAMES |= {"evaluate_status", "evaluate_list", "evaluate_stop", "evaluate_delete", "evaluate_report"}
NAMES |= {"train_preview", "train_resume", "train_runs", "train_delete", "train_machines"}
NAMES |= {"train_settings", "delete_everything"}


@pytest.fixture(scope="module")
def client(served):
    return connect(served.url)


def test_every_function_has_its_api_name(client):
    api = client.view_api(return_format="dict", print_info=False)
    assert set(api["named_endpoints"]) == {f"/{name}" for name in NAMES}


def test_parameters_equal_those_of_the_command(client):
    found = client.predict(
        base="google/flan-t5-small", targets="all-linear", ranks=[4, 8], api_name="/parameters"
    )
    assert found["total"] == 76_961_152
    first, second, full = *found["rows"], found["full"]
    assert (first["trainable"], second["trainable"]) == (638_976, 1_277_952)
    assert (first["optimizer_bytes"], second["optimizer_bytes"]) == (7_667_712, 15_335_424)
    assert full["optimizer_bytes"] == 12 * found["total"]
    assert first["training_bytes"] < second["training_bytes"] < full["training_bytes"]


def test_parameters_of_dora_of_some_blocks_are_counted(client):
    chosen = {"layers": "0-3", "part": "encoder", "use_dora": True}
    found = client.predict(base="google/flan-t5-base", ranks=[4], api_name="/parameters", **chosen)
    assert found["rows"][0]["trainable"] == 4 * 2 * (4 * (768 + 768) + 768)
    assert {name: found[name] for name in chosen} == chosen


def test_compare_returns_the_base_first(client):
    found = client.predict("Hallo!\nGuten Tag!", [], 2, api_name="/compare")
    assert [column["name"] for column in found["columns"]] == ["base"]
    assert len(found["columns"][0]["texts"]) == 2


def test_omitted_values_at_the_end_are_the_defaults(served):
    """This includes a plain POST, which clients without `gradio_client` send."""

    def called(name, *values):
        return answer_to(served.url, name, list(values))

    columns = called("compare", "Hallo!")[1][0]["columns"]
    assert [column["name"] for column in columns] == ["base"]
    rows = called("parameters", "google/flan-t5-small")[1][0]["rows"]
    assert [row["rank"] for row in rows] == [4, 8, 16]
    assert called("adapters")[0] == "complete"
    kind, (run,) = called("train_start", KEY, "builtin:weather", 2, 4.0, "q,v", 2e-3, 4, "steps")
    assert kind == "complete" and "--replay" not in run["command"]
    called("train_stop", KEY, run["run"])
    kind, refusal = called("train_status")  # whose key has no default
    assert kind == "error"
    assert "do not fit" in refusal["error"]
    kind, refusal = called("compare", "Hallo!", ["nobody's"])
    assert kind == "error"
    assert refusal["error"][0].isupper()
    assert "nobody" in refusal["error"]


def test_an_adapter_from_upload_to_deletion(client, tiny_base, tmp_path):
    def call(name, *values):
        return client.predict(*values, api_name=f"/{name}")

    base = find_base(str(tiny_base))
    folder = write_random(tmp_path / "mine", base, LoraConfig(4, 40, 0.0, ("q", "v", "wo")))
    id = call("adapter_upload", [handle_file(pack(folder, "mine"))], KEY)["id"]
    assert call("adapter_rename", id, "Küche", KEY)["name"] == "Küche"
    found = call("adapter_inspect", id, KEY)
    assert found["fits"]
    assert found["base"] == tiny_base.name
    assert all(layer["relative_norm"] > 0 for layer in found["layers"])
    steps = call("compare_ranks", "Salz", id, KEY, 1, 1, 8)["steps"]
    assert [step["rank"] for step in steps] == [0, 1, 2, 3, 4]
    tokens = call("compare_tokens", "Salz", id, KEY, 2, 1, 8)
    assert tokens["differs"] == bool(tokens["base_next"])
    assert len(tokens["base_next"]) == len(tokens["adapter_next"])
    reduced = call("adapter_reduce", id, 2, KEY)
    assert reduced["rank"] == 2
    assert reduced["frobenius_lost"] == found["reductions"][0]["frobenius_lost"]
    ids, strengths = [id, reduced["id"]], [0, 2]
    german, english = "Salz\nDen Teig kneten.", "Salt\nKnead the dough."
    columns = call("compare", german, ids, 1, KEY, strengths, 12, english)["columns"]
    assert [column["name"] for column in columns] == ["base", "Küche", "Küche-to-r2"]
    assert [column["strength"] for column in columns] == [1, 0, 2]
    assert columns[1]["texts"] == columns[0]["texts"]
    assert columns[1]["changed"] == 0 < columns[2]["changed"]
    for column in columns:
        assert all(0 <= score <= 100 for score in column["sentence_scores"]["chrf"]["scores"])
    assert call("adapter_merge", id, KEY).endswith(".zip")
    assert call("adapter_download", id, KEY).endswith(".zip")
    for one in (id, reduced["id"]):
        call("adapter_delete", one, KEY)
    assert call("adapters", KEY) == []


def test_an_evaluation_has_all_options_of_the_tab(client):
    def ask(**more):
        return client.predict([], "builtin:everyday", 6, 1, KEY, api_name="/evaluate", **more)

    plain, more = ask(), ask(words=True, randomisation=True, also="builtin:weather")
    assert "nw:0" in plain["systems"][0]["chrf"]["signature"]
    assert "nw:2" in more["systems"][0]["chrf"]["signature"]
    assert plain["n"] == more["n"] == 6
    assert "beside" not in plain
    assert [further["data"] for further in more["beside"]] == ["builtin:weather"]
    with pytest.raises(AppError, match="data = 'nonsense'"):
        ask(also="nonsense")


def test_a_client_names_columns_and_counts_terms(client, tmp_path):
    cards = tmp_path / "cards.csv"
    cards.write_text("Vorn;Hinten\nDas Salz;the salt\nDie Butter;butter\n", encoding="utf-8")

    def keep(**more):
        return client.predict(handle_file(cards), KEY, api_name="/train_upload", **more)

    with pytest.raises(AppError, match="no columns for de and en"):
        keep()
    kept = keep(columns="de=Vorn,en=Hinten")
    assert kept["pairs"] == 2
    with pytest.raises(AppError, match="de=NAME,en=NAME"):
        keep(columns="Vorn,Hinten")
    found = client.predict(
        [],
        kept["data"],
        2,
        1,
        KEY,
        outputs={"mine": ["The salt.", "Fat."]},
        glossary={"Salz": "salt", "Butter": "butter", "Öl": "oil"},
        api_name="/evaluate",
    )
    assert found["glossary"]["terms"] == 3
    mine = found["glossary"]["systems"][1]
    assert (mine["name"], mine["hit"], mine["missed"]) == ("mine", 1, 1)
    with pytest.raises(AppError, match="no terms"):
        client.predict([], "builtin:everyday", 2, 1, KEY, glossary={" ": "x"}, api_name="/evaluate")


def test_a_client_can_follow_fetch_and_delete_an_evaluation(client):
    def call(name, *values, **more):
        return client.predict(*values, api_name=f"/evaluate{name}", **more)

    outputs = {"online A": ["Yes."] * 5}
    started = call("", [], "builtin:everyday", 5, 1, KEY, outputs=outputs, wait=False)
    assert started["state"] in ("waiting", "running", "done")
    assert "online A" in started["title"]
    id = started["evaluation"]
    wait_for(lambda: call("_status", KEY, id)["state"] not in ("waiting", "running"))
    now = call("_status", KEY, id)
    assert now["state"] == "done"
    assert "online A" in now["message"]
    assert call("_list", KEY)[0] == call("_status", KEY) == now
    page, document, table = call("_report", KEY, id)
    systems = json.loads(Path(document).read_text())["systems"]
    assert [system["name"] for system in systems] == ["base", "online A"]
    assert "<html" in Path(page).read_text()
    assert Path(table).read_text().count("Yes.") == 5
    with pytest.raises(AppError, match="was not found"):
        call("_report", "somebody-else-with-a-key", id)
    with pytest.raises(AppError, match="is not active"):
        call("_stop", KEY, id)
    call("_delete", KEY, id)
    assert id not in {found["evaluation"] for found in call("_list", KEY)}
    for bad, message in (
        ({"../x": ["a"]}, "name ="),
        ({"x": ["a\nb"] * 5}, "more than one line"),
        ({"x": ["a"]}, "is 1, but"),
        ({"base": ["a"] * 5}, "base"),
        ({str(i): [] for i in range(7)}, "7 files"),
    ):
        with pytest.raises(AppError, match=message):
            call("", [], "builtin:everyday", 5, 1, KEY, outputs=bad)
    with pytest.raises(AppError, match="secret key"):
        call("", wait=False)


def test_uploaded_pairs_are_stored_for_their_owner_only(client, pairs_file):
    kept = client.predict(handle_file(pairs_file), KEY, api_name="/train_upload")
    assert kept["pairs"] == 60
    look = client.predict(KEY, kept["data"], 4, 64, 2, "q", "steps", 7, api_name="/train_preview")
    assert look["train"] + look["eval"] + look["doubles"] == 60
    assert sum(bar["pairs"] for bar in look["histogram"]) == look["looked_at"]
    assert look["estimate"] is None or look["estimate"]["steps"] == 7
    with pytest.raises(AppError, match=r"[Uu]pload it again"):
        client.predict("somebody-else-with-a-key", kept["data"], api_name="/train_start")


@pytest.mark.parametrize(
    "data", ["/etc/passwd", "../../etc/passwd", "upload:../../x.tsv", "lora_demo/assets:x"]
)
def test_clients_cannot_open_paths_of_the_server(client, data):
    with pytest.raises(AppError):
        client.predict(KEY, data, api_name="/train_start")


@pytest.mark.parametrize(
    ("function", "values", "message"),
    [
        ("/compare", ("", []), "Type a German sentence"),
        ("/compare", ("Hallo", ["../adapters"]), "was not found"),
        ("/compare", ("Hallo", [], 99), "beams"),
        ("/compare", ("Hallo", [], 1, "", [3.0]), "strengths"),
        ("/compare", ("Hallo", [], 1, "", [], 10**6), "most_tokens"),
        ("/compare", ("Hallo", [], 1, "", [], 8, "one\ntwo"), "2 lines for 1 sentence"),
        ("/adapter_reduce", ("x", 1, KEY), "was not found"),
        ("/parameters", ("/etc",), "is not a known base"),
        ("/parameters", ("google/flan-t5-base", "qq"), "does not match any matrix"),
        ("/train_start", ("short",), "visitor"),
        ("/train_start", (KEY, "builtin", 0), "rank = 0"),
        ("/train_preview", (KEY, "builtin", 16, 128, 0), "rank = 0"),
        ("/train_status", (KEY, "../run"), "was not found"),
        ("/adapter_download", ("run-x", KEY), "was not found"),
    ],
)
def test_bad_input_is_one_sentence(client, function, values, message):
    with pytest.raises(AppError, match=message):
        client.predict(*values, api_name=function)
