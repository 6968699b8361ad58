"""The page's functions through gradio_client: what a program can do that has no browser."""

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

KEY = "nobody-else-knows-this-key"
NAMES = {"compare", "evaluate", "train_start", "train_status", "train_stop", "parameters", "adapters", "adapter_download", "adapter_upload", "train_upload"}


@pytest.fixture(scope="module")
def client(served):
    return Client(served.url, verbose=False)


def test_every_function_has_its_name(client):
    assert set(client.view_api(return_format="dict", print_info=False)["named_endpoints"]) == {f"/{name}" for name in NAMES}


def test_parameters_are_the_command_lines(client):
    found = client.predict(base="google/flan-t5-small", targets="all-linear", ranks=[4, 8], api_name="/parameters")
    assert found["total"] == 76_961_152
    assert [row["trainable"] for row in found["rows"]] == [638_976, 1_277_952]


def test_compare_gives_the_base_column(client):
    found = client.predict("Hallo!\nGuten Tag!", [], 2, api_name="/compare")
    assert [column["name"] for column in found["columns"]] == ["base"]
    assert len(found["columns"][0]["texts"]) == 2


def test_pairs_are_kept_for_their_owner_only(client, pairs_file):
    kept = client.predict(handle_file(pairs_file), KEY, api_name="/train_upload")
    assert kept["pairs"] == 60
    with pytest.raises(AppError, match="upload it again"):
        client.predict("somebody-else-with-a-key", kept["data"], api_name="/train_start")


@pytest.mark.parametrize("data", ["/etc/passwd", "../../etc/passwd", "upload:../../x.tsv", "lora_demo/assets:x"])
def test_no_path_of_the_server_is_opened(client, data):
    with pytest.raises(AppError):
        client.predict(KEY, data, api_name="/train_start")


@pytest.mark.parametrize(
    "function, values, message",
    [
        ("/compare", ("", []), "Type a German sentence"),
        ("/compare", ("Hallo", ["../adapters"]), "no adapter"),
        ("/compare", ("Hallo", [], 99), "beams"),
        ("/parameters", ("/etc",), "no base here"),
        ("/parameters", ("google/flan-t5-base", "qq"), "matches no matrix"),
        ("/train_start", ("short",), "visitor"),
        ("/train_start", (KEY, "builtin", 0), "rank = 0"),
        ("/train_status", (KEY, "../run"), "no run"),
        ("/adapter_download", ("run-x", KEY), "no adapter"),
    ],
)
def test_bad_input_is_one_sentence(client, function, values, message):
    with pytest.raises(AppError, match=message):
        client.predict(*values, api_name=function)
