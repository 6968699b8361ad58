"""Push and pull on the page: whose token is used, what is shown, and that no token is stored."""

import json
import logging

import pytest
from gradio_client.exceptions import AppError

from lora_demo.hub.parcel import preview_push
from lora_demo.language import in_language
from lora_demo.service import adapter_storage, hub_account
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.web.views.sharing import error_html, parcel_html, pulled_html
from tests.clients import connect
from tests.hub.conftest import TOKEN, files_of, make_adapter
from tests.hub.page import (
    KEY,
    become_a_space,
    keep_kitchen,
    open_page_services,
    serve_page,
    signed_in,
)
from tests.waiting import PATIENCE

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
"""On a Space Gradio starts a thread that needs the package `spaces`, which only a Space has."""
OTHER = "somebody-else-has-this-key"


@pytest.fixture
def services(hub, small_base, tmp_path):
    return open_page_services(small_base, tmp_path / "runs", "machine")


@pytest.fixture
def kitchen(services, tmp_path):
    return keep_kitchen(services, tmp_path)


def calls(url: str, cookie: dict | None = None):
    headers = {"Cookie": f"{cookie['name']}={cookie['value']}"} if cookie else {}
    client = connect(url, token=False, headers=headers, analytics_enabled=False)
    return lambda name, /, *values, **more: client.predict(*values, api_name=f"/{name}", **more)


def test_an_adapter_can_be_previewed_pushed_overwritten_and_pulled(hub, services, kitchen):
    hub.add("ada/theirs", {"model.safetensors": b"x"})
    with serve_page(services) as url:
        call = calls(url)
        seen = call("adapter_push", kitchen, "ada/kitchen", KEY, dry_run=True)
        assert not [path for _, path, _ in hub.requests if "ada" in path]
        assert "adapter_model.safetensors" in seen["files"]
        assert "library_name: peft" in seen["card"]
        pushed = call("adapter_push", kitchen, "ada/kitchen", KEY, private=True)
        repo = hub.repo("ada/kitchen")
        assert pushed["url"] == f"{hub.url}/ada/kitchen"
        assert pushed["changed"]
        assert repo.private
        assert repo.files["README.md"].decode() == seen["card"]
        assert {
            name: len(data) for name, data in repo.files.items() if name in seen["files"]
        } == seen["files"]
        with pytest.raises(AppError, match="was not made by lora_demo, so nothing was sent"):
            call("adapter_push", kitchen, "ada/theirs", KEY)
        assert len(hub.repo("ada/theirs").commits) == 1
        assert call("adapter_push", kitchen, "ada/theirs", KEY, overwrite=True)["changed"]
        pulled = call("adapter_pull", f"ada/kitchen@{pushed['commit']}", KEY)
        assert (pulled["repo"], pulled["commit"], pulled["base"], pulled["rank"]) == (
            "ada/kitchen",
            pushed["commit"],
            "ada/small-t5",
            3,
        )
        assert pulled["id"] in {entry["id"] for entry in call("adapters", KEY)} - {
            entry["id"] for entry in call("adapters", OTHER)
        }
        with pytest.raises(AppError, match="was not found"):
            call("adapter_push", kitchen, "ada/x", OTHER)


@pytest.mark.parametrize("repo", ["kitchen", "", "ada/", "a/b/c", "../x/y"])
def test_a_name_without_an_owner_is_refused_before_any_request(hub, services, kitchen, repo):
    with pytest.raises(ValueError, match="Write user/name"):
        services.sharing.preview(kitchen, repo, KEY)
    with pytest.raises(ValueError, match="Write user/name"):
        services.sharing.push(kitchen, repo, KEY, None)
    assert hub.requests == []


def test_only_the_open_base_is_sent_of_all_local_folders(hub, services, tmp_path):
    """A manifest is a visitor's own text: a base that it names must open no folder."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "config.json").write_text('{"t0p": 1}')
    for base, sent in ((str(secret), False), (services.base, True)):
        id = keep_kitchen(services, tmp_path, base)
        assert (
            any(
                name.startswith("base/")
                for name in services.sharing.preview(id, "ada/kitchen", KEY).files
            )
            == sent
        )
        services.sharing.push(id, f"ada/{sent}", KEY, None)
        files = hub.repo(f"ada/{sent}").files
        assert ("base/model.safetensors" in files) == sent
        assert b'"t0p"' not in b"".join(files.values())
        assert str(tmp_path).encode() not in b"".join(
            data for name, data in files.items() if name.endswith((".json", ".md"))
        )


WRONG = {
    "another base": ("ada/wide", "start the app with 'ada/wide-t5'"),
    "no adapter": ("ada/small-t5", "not a PEFT adapter"),
    "not there": ("ada/none", "no repository"),
    "no name": ("kitchen", "user/name"),
    "too large": ("ada/kitchen", "too large"),
}


@pytest.mark.parametrize(("id", "word"), WRONG.values(), ids=WRONG)
def test_a_failed_pull_gives_one_sentence_and_leaves_no_files(
    hub, services, adapter, published_base, tmp_path, monkeypatch, id, word
):
    hub.add("ada/kitchen", files_of(adapter))
    wide = json.loads((adapter / "adapter_config.json").read_text()) | {
        "base_model_name_or_path": "ada/wide-t5",
        "r": 5,
    }
    hub.add("ada/wide", files_of(adapter) | {"adapter_config.json": json.dumps(wide).encode()})
    if word == "too large":
        monkeypatch.setitem(adapter_storage.MAX_FILE_BYTES, "adapter_model.safetensors", 1000)
    with pytest.raises(ValueError, match=word) as error:
        services.sharing.pull(id, KEY)
    assert "\n" not in str(error.value)
    assert str(tmp_path) not in str(error.value)
    assert not list((visitor_folder(services.visitors.root, KEY) / "adapters").glob("*"))
    assert services.library.entries(KEY) == {}


def test_a_pulled_adapter_names_its_base(hub, services, adapter):
    hub.add("ada/kitchen", files_of(adapter))
    id, pulled = services.sharing.pull("https://huggingface.co/ada/kitchen", KEY)
    assert services.library.entries(KEY)[id].name == "kitchen"
    assert "were trained for ada/small-t5" in pulled_html(pulled, services.base)


def test_offline_mode_gives_one_sentence(hub, services, kitchen, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for act in (
        lambda: services.sharing.pull("ada/kitchen", KEY),
        lambda: services.sharing.push(kitchen, "ada/kitchen", KEY, None),
    ):
        with pytest.raises(ValueError, match="HF_HUB_OFFLINE is set"):
            act()


ACCOUNTS = [
    ("127.0.0.1", False, "machine"),
    ("localhost", False, "machine"),
    ("127.0.0.1", True, "visitor"),
    ("0.0.0.0", False, "visitor"),
    ("192.168.0.2", False, "visitor"),
]


@pytest.mark.parametrize(("host", "public", "account"), ACCOUNTS)
def test_only_people_at_this_machine_use_its_token(host, public, account, hub, monkeypatch):
    assert hub_account.account_of(host, public) == account
    assert (
        hub_account.pull_token(account, ""),
        hub_account.hub_token(account, "", " hf_given "),
    ) == (
        None if account == "machine" else False,
        "hf_given",
    )
    if account == "visitor":
        with pytest.raises(ValueError, match=r"token is needed to push. Give a token"):
            hub_account.hub_token(account, "", " ")
    else:
        assert hub_account.hub_token(account, "", "") is None
    monkeypatch.setenv("SPACE_ID", "ada/demo")
    assert hub_account.account_of(host, public) == "space"


def test_a_given_token_is_used_once_and_not_stored(
    hub, small_base, tmp_path, monkeypatch, capfd, caplog
):
    """The page is open to others here, so the machine's own token must not be used."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    services = open_page_services(small_base, tmp_path / "runs", "visitor")
    kitchen = keep_kitchen(services, tmp_path)
    hub.add("bob/hidden", files_of(tmp_path / "kitchen"), private=True)
    with serve_page(services) as url:
        call = calls(url)
        with pytest.raises(AppError, match="token is needed to push"):
            call("adapter_push", kitchen, "bob/kitchen", KEY)
        with pytest.raises(AppError, match="no repository bob/hidden"):
            call("adapter_pull", "bob/hidden", KEY)
        assert not any(authorized for *_, authorized in hub.requests)
        assert call("adapter_push", kitchen, "ada/kitchen", KEY, token=TOKEN)["changed"]
        with pytest.raises(
            AppError, match=r"does not accept the token\. Give a valid token"
        ) as refused:
            call("adapter_push", kitchen, "ada/kitchen", KEY, token="hf_wrongSecret")
        with pytest.raises(AppError, match="token is needed to push"):
            call("adapter_push", kitchen, "ada/kitchen", KEY)
        import httpx

        written = "".join(
            httpx.get(f"{url}{path}", timeout=PATIENCE).text
            for path in ("", "config", "gradio_api/info")
        )
    captured = capfd.readouterr()
    written += (
        captured.out
        + captured.err
        + caplog.text
        + str(refused.value)
        + "".join(path for _, path, _ in hub.requests)
    )
    data = (
        written.encode()
        + b"".join(files_of(tmp_path).values())
        + b"".join(hub.repo("ada/kitchen").files.values())
    )
    assert len(data) > 100_000
    assert not [secret for secret in (TOKEN, "hf_wrongSecret") if secret.encode() in data]


def test_visitors_of_a_space_sign_in_and_never_use_the_owners_token(
    hub, small_base, tmp_path, monkeypatch
):
    become_a_space(monkeypatch)
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    services = open_page_services(
        small_base, tmp_path / "runs", hub_account.account_of("0.0.0.0", False)
    )
    kitchen = keep_kitchen(services, tmp_path)
    hub.add("bob/hidden", files_of(tmp_path / "kitchen"), private=True)
    with serve_page(services) as url:
        stranger = calls(url)
        ada = calls(url, signed_in(TOKEN))
        late = calls(url, signed_in("hf_expired"))
        for token in ("", TOKEN):
            with pytest.raises(AppError, match="Sign in with Hugging Face first"):
                stranger("adapter_push", kitchen, "ada/kitchen", KEY, token=token)
        with pytest.raises(AppError, match="no repository bob/hidden"):
            stranger("adapter_pull", "bob/hidden", KEY)
        assert not any(authorized for *_, authorized in hub.requests)
        assert ada("adapter_push", kitchen, "ada/kitchen", KEY, private=True)["changed"]
        assert hub.repo("ada/kitchen").private
        assert ada("adapter_pull", "ada/kitchen", KEY)["rank"] == 3
        with pytest.raises(AppError, match="Sign in again"):
            late("adapter_push", kitchen, "ada/kitchen", KEY)
        with pytest.raises(AppError, match="does not have permission for this action"):
            ada("adapter_push", kitchen, "bob/kitchen", KEY)


def test_a_space_without_a_sign_in_explains_what_is_missing(hub, small_base, tmp_path, monkeypatch):
    become_a_space(monkeypatch)
    monkeypatch.delenv("OAUTH_CLIENT_ID")
    services = open_page_services(small_base, tmp_path / "runs", "space")
    with serve_page(services) as url, pytest.raises(AppError, match="hf_oauth: true"):
        calls(url)(
            "adapter_push", keep_kitchen(services, tmp_path), "ada/kitchen", KEY, token=TOKEN
        )
    assert not [path for _, path, _ in hub.requests if "ada" in path]


@pytest.mark.parametrize(
    ("account", "language", "advice"),
    [
        ("machine", "en", "log in with `hf auth login` if it is private"),
        ("space", "en", "or sign in if it is private"),
        ("space", "de", "oder melden Sie sich an, falls das Repository privat ist"),
        ("visitor", "de", "geben Sie ein gültiges Token an"),
        ("visitor", "vi", "nhập một token hợp lệ"),
    ],
)
def test_advice_fits_the_account_in_every_language(
    hub, small_base, tmp_path, monkeypatch, account, language, advice
):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    services = open_page_services(small_base, tmp_path / "runs", account)
    with in_language(language), pytest.raises(ValueError, match="bob/hidden") as refused:
        services.sharing.pull("bob/hidden", KEY)
    assert advice in str(refused.value)
    assert ("hf auth login" in str(refused.value)) == (account == "machine")


def test_previews_and_results_are_escaped(hub, services, tmp_path):
    adapter = make_adapter(tmp_path / "kitchen", services.base, "<img src=x onerror=alert(1)>")
    (adapter / "README.md").write_text(
        "---\nlicense: mit\n---\n# <script>alert(1)</script>" + "x" * 40_000
    )
    html = parcel_html(preview_push(adapter, "ada/kitchen")) + error_html(ValueError("<b>"))
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script" in html
    assert len(html) < 40_000
