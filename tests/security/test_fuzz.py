"""Promise: for any file, id or number from outside, the answer is right or a one-line refusal.

The cases are drawn by hypothesis from a fixed seed, so that every run tries the same ones.
"""

import json
import shutil
import socket
import struct
import zipfile
from inspect import signature
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lora_demo.checkpoints.adapter_fit import find_problems
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.data.cleaning import INVISIBLE
from lora_demo.data.pairs import MAX_CHARACTERS, read_file
from lora_demo.data.sources import load_dataset
from lora_demo.evaluation.overlap import read_training_data
from lora_demo.evaluation.sets import load_set
from lora_demo.hub.parcel import preview_push
from lora_demo.hub.pull import parse_id
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import dense_shapes, total_parameters
from lora_demo.service import adapter_entries
from lora_demo.service.adapter_storage import keep_upload
from lora_demo.service.archives import ADAPTER_FILES
from lora_demo.service.data_sources import parse_hub_source, resolve_source
from lora_demo.service.services import open_services
from lora_demo.service.uploads import find_upload, keep_pairs
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.training import runs
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import parse_event
from lora_demo.training.runs import Run, find_run
from lora_demo.web.api.adapters import AdaptersApi
from lora_demo.web.api.compare import CompareApi
from lora_demo.web.api.hub import HubApi
from lora_demo.web.api.parameters import ParametersApi
from lora_demo.web.api.train import TrainApi
from lora_demo.web.validation import validated
from lora_demo.web.views.gallery import cards_html, details_html
from lora_demo.web.views.run_comparison import comparison_html
from lora_demo.web.views.run_view import run_html
from tests.hub.conftest import small_base  # noqa: F401  (fixture)
from tests.security.refusal import (
    BODY,
    CONFIG,
    HEADER,
    HOSTILE,
    IDS,
    NUMBERS,
    SETTINGS,
    SOUND,
    as_json,
    attempt,
)

KEY = "nobody-else-knows-this-key"


def cases(count: int):
    """So many cases, always the same ones."""
    return settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


texts = st.one_of(st.sampled_from(IDS), st.text(max_size=30))
scalars = st.one_of(
    texts, st.sampled_from(NUMBERS), st.none(), st.booleans(), st.floats(), st.integers()
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
deep = st.sampled_from(["[" * 100_000, '{"a":' * 50_000 + "1", "1" * 5000, "[" * 900 + "]" * 900])


def changed(document: dict):
    """The document with some of its values, or further keys, replaced by anything."""
    keys = st.one_of(st.sampled_from(sorted(document)), texts)
    return st.dictionaries(keys, values, max_size=3).map(lambda more: document | more)


def json_files(document: dict):
    """The document as it should be, changed, or as something that is no JSON at all."""
    return st.one_of(
        changed(document).map(as_json),
        st.just(as_json(document)),
        values.map(as_json),
        deep.map(str.encode),
        st.binary(max_size=60),
        st.just(b""),
    )


sizes = st.sampled_from(
    [0, 1, 2, 32, BODY, 2**31, 2**62, 2**63, 2**64 - 1, 2**64, -1, 10**30, 1.5, "1", None]
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(
            [
                "F32",
                "F16",
                "BF16",
                "F64",
                "I64",
                "BOOL",
                "F8_E4M3",
                "F4",
                "C64",
                "object",
                "",
                None,
                7,
            ]
        ),
        "shape": st.lists(sizes, max_size=4),
        "data_offsets": st.lists(sizes, max_size=3),
        "x": values,
    },
)


@st.composite
def tensor_files(draw) -> bytes:
    """A safetensors file: valid, or with a wrong header or a body that is short or damaged."""
    header = dict(HEADER)
    for name in draw(st.lists(st.one_of(st.sampled_from(sorted(HEADER)), texts), max_size=2)):
        old = header.get(name)
        known = old if isinstance(old, dict) else {}
        header[name] = draw(st.one_of(values, entries.map(known.__or__)))
    body = bytearray(
        np.full(
            BODY // 4, draw(st.sampled_from([0.1, 0.0, float("nan"), float("inf"), 3e38])), "<f4"
        ).tobytes()
    )
    text = draw(
        st.one_of(
            st.just(as_json(header)),
            st.just(as_json(header)),
            st.just(as_json(header)),
            st.binary(max_size=40),
            deep.map(str.encode),
        )
    )
    length = draw(
        st.one_of(
            st.just(len(text)),
            st.just(len(text)),
            sizes.filter(lambda n: isinstance(n, int) and 0 <= n < 2**64),
        )
    )
    return torn(draw, struct.pack("<Q", length) + text + bytes(body))


def torn(draw, data: bytes) -> bytes:
    """Mostly as it was; else cut, or with some bytes written over."""
    if draw(st.integers(0, 2)):
        return data
    at, piece = draw(st.integers(0, len(data))), draw(st.binary(max_size=12))
    return data[:at] if not piece else data[:at] + piece + data[at + len(piece) :]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("stranger")


def files_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def write(folder: Path, contents: dict[str, bytes]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return folder


@cases(1500)
@given(json_files(SETTINGS), tensor_files())
def test_any_adapter_folder_is_read_or_refused(place, config, tensors):
    folder = write(
        place / "adapter", {"adapter_config.json": config, "adapter_model.safetensors": tensors}
    )
    adapter = attempt(read_adapter, folder, CONFIG)
    problems, report = (
        attempt(find_problems, folder, CONFIG),
        attempt(inspect_adapter, folder, None, CONFIG),
    )
    assert report is None or (
        report["fits"] == (problems == []) and "\n" not in "".join(report["problems"])
    )
    if adapter:
        assert problems == [] and adapter.r == json.loads(config)["r"]
        for site, (A, B, scale) in adapter.matrices.items():
            assert (A.shape[0], B.shape[1]) == dense_shapes(CONFIG)[site] and A.shape[1] == B.shape[
                0
            ]
            assert np.isfinite(A).all() and np.isfinite(B).all() and np.isfinite(scale)


@pytest.mark.filterwarnings("ignore:Possible")
@cases(1000)
@given(
    changed(SETTINGS).map(as_json),
    st.lists(
        st.text(alphabet=".*+?|()[]{}^$\\dwqa-z0", min_size=1, max_size=200), min_size=1, max_size=5
    ),
)
def test_any_rank_pattern_is_read_or_refused(place, config, patterns):
    document = json.loads(config) | {
        "rank_pattern": dict.fromkeys(patterns, 2),
        "alpha_pattern": dict.fromkeys(patterns, 3),
    }
    attempt(
        find_problems,
        write(
            place / "adapter",
            {"adapter_config.json": as_json(document), "adapter_model.safetensors": SOUND},
        ),
        CONFIG,
    )


members = st.one_of(
    st.sampled_from(
        [
            home + name
            for home in ("", "a/", "../", "/", "a\\", "../../etc/", "__MACOSX/")
            for name in ADAPTER_FILES
        ]
    ),
    texts,
)


@st.composite
def zips(draw) -> bytes:
    """A zip with an adapter and hostile members: climbing names, duplicates, links, cut bytes."""
    buffer = BytesIO()
    contents = [
        ("x/adapter_config.json", draw(json_files(SETTINGS))),
        ("x/adapter_model.safetensors", draw(st.one_of(st.just(SOUND), tensor_files()))),
    ]
    contents += draw(
        st.lists(
            st.tuples(
                members,
                st.one_of(st.just(b"x" * 3_000_000), st.just(SOUND), st.binary(max_size=50)),
            ),
            max_size=3,
        )
    )
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in contents:
            member = zipfile.ZipInfo(name.encode("utf-8", "replace").decode()[:60_000] or "x")
            member.external_attr = draw(
                st.sampled_from([0, 0o120777 << 16, 0o040755 << 16, 0o010644 << 16])
            )
            archive.writestr(
                member,
                data,
                draw(
                    st.sampled_from(
                        [
                            zipfile.ZIP_DEFLATED,
                            zipfile.ZIP_STORED,
                            zipfile.ZIP_LZMA,
                            zipfile.ZIP_BZIP2,
                        ]
                    )
                ),
            )
    return torn(draw, buffer.getvalue())


@pytest.mark.filterwarnings("ignore:Duplicate name")
@cases(1000)
@given(zips(), texts)
def test_any_uploaded_adapter_is_stored_or_refused(place, data, name):
    folder = write(place / "visitor", {})
    upload = write(place / "upload", {"x.zip": data}) / "x.zip"
    outside = files_under(place)
    id = attempt(keep_upload, [upload], folder, CONFIG, name)
    kept = files_under(folder) - {"adapters"}
    assert files_under(place) - outside == {
        f"visitor/{path}"
        for path in kept | ({"adapters"} if (folder / "adapters").exists() else set())
    }
    assert (
        not kept
        if id is None
        else {Path(path).parts[1] for path in kept} == {id.removeprefix("upload-")}
        and {Path(path).name for path in kept if path.count("/") == 2} <= set(ADAPTER_FILES)
    )
    assert not any(path.is_symlink() for path in folder.rglob("*"))


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
    """A file of pairs, more or less."""
    separator, end = (
        draw(st.sampled_from([",", "\t", ";"])),
        draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"])),
    )
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
    return torn(
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
    pairs, dataset, found = (
        attempt(read_file, file),
        attempt(load_dataset, str(file)),
        attempt(load_set, str(file)),
    )
    for text in (text for pair in pairs or () for text in pair):
        assert (
            text
            and text == text.strip()
            and len(text) <= MAX_CHARACTERS
            and not INVISIBLE.search(text)
            and text.encode()
        )
    if dataset:
        assert (
            dataset.train
            and dataset.eval
            and not set(dataset.train) & set(dataset.eval)
            and set(dataset.train + dataset.eval) <= set(pairs)
        )
    assert found is None or (
        all(len(column) == len(found) for column in found.references) and found.sha256
    )
    kept = attempt(keep_pairs, file, folder)
    assert (kept is not None) == (pairs is not None and len(pairs) >= 2)
    assert len(files_under(folder)) == (2 if kept else 0) and (
        kept is None or find_upload(folder, kept[0]).read_bytes() == data
    )


@cases(1200)
@given(changed(TrainConfig(steps=1).to_json()) | values.filter(lambda v: isinstance(v, dict)))
def test_any_run_settings_are_accepted_or_refused(document):
    config = attempt(TrainConfig.from_json, document)
    if config:
        assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
        assert (
            "\n" not in config.command()
            and len(f"{config.adapter_name}".encode()) < 230
            and "/" not in config.adapter_name
        )


GEOMETRY = CONFIG.to_json()


@cases(500)
@given(changed(GEOMETRY))
def test_any_base_geometry_is_accepted_or_refused(document):
    config = attempt(T5Config.from_json, document)
    assert config is None or (total_parameters(config) > 0 and len(dense_shapes(config)) < 10_000)


EVENTS = [
    {"time": 1.0, "step": 0, "kind": "begin", "pid": 1},
    {"time": 1.0, "step": 0, "kind": "phase", "phase": "data", "message": HOSTILE},
    {
        "time": 1.0,
        "step": 0,
        "kind": "plan",
        "device": HOSTILE,
        "precision": "float32",
        "train_pairs": 9,
        "eval_pairs": 1,
        "total_steps": 10,
        "eval_every": 1,
        "trainable": 99,
        "percent": 0.1,
        "shape": {"rows": 1, "source": 16, "target": 8},
    },
    {
        "time": 2.0,
        "step": 1,
        "kind": "step",
        "loss": 3.0,
        "learning_rate": 1e-3,
        "tokens_per_second": 9.0,
        "seconds_left": 1.0,
    },
    {
        "time": 3.0,
        "step": 1,
        "kind": "eval",
        "train_loss": 3.0,
        "eval_loss": 2.0,
        "chrf": 9.0,
        "best": True,
        "probes": [{"de": HOSTILE, "reference": HOSTILE, "text": HOSTILE}],
    },
    {"time": 4.0, "step": 1, "kind": "failed", "message": HOSTILE},
    {"time": 4.0, "step": 1, "kind": "resume", "message": "on"},
    {
        "time": 5.0,
        "step": 9,
        "kind": "done",
        "steps": 9,
        "seconds": 9.0,
        "train_loss": 1.0,
        "eval_loss": 1.0,
        "eval_chrf": 9.0,
        "best_step": 1,
        "reason": "finished",
    },
]
event_lines = st.one_of(
    st.sampled_from(EVENTS).map(as_json),
    st.sampled_from(EVENTS).flatmap(changed).map(as_json),
    st.sampled_from(EVENTS).flatmap(changed).map(as_json),
    deep.map(str.encode),
    st.binary(max_size=30),
)


@cases(1000)
@given(st.lists(event_lines, max_size=9))
@example([as_json(EVENTS[3] | {"learning_rate": 2.0**52})])
@example([as_json(EVENTS[2] | {"trainable": 0}), as_json(EVENTS[4])])
def test_any_events_of_a_run_can_be_shown(place, lines):
    folder = write(
        place / "20260101-000000-x",
        {
            "run.json": as_json(TrainConfig(steps=1).to_json()),
            "events.jsonl": b"\n".join([*lines, b""]),
        },
    )
    run = Run(folder)
    assert all(event == parse_event(event.to_line()) for event in run.events())
    html = run_html(run) + comparison_html([run, run])
    assert "<script" not in html and "<img" not in html


MANIFEST = {
    "format": 1,
    "name": "x",
    "base": {"id": "mini"},
    "data": {"source": "builtin", "train_pairs": 5},
    "config": {"seed": 0},
    "scores": {"base_eval_chrf": 1.0, "eval_chrf": 2.0},
    "training": {"steps": 1},
    "reduced": {"from": "x"},
    "command": "python",
}


@cases(700)
@given(json_files(MANIFEST), st.binary(max_size=20) | st.just(SOUND))
def test_any_manifest_of_an_adapter_can_be_shown(place, manifest, hashes):
    folder = write(
        place / "adapter",
        {
            "adapter_config.json": as_json(SETTINGS),
            "adapter_model.safetensors": SOUND,
            "manifest.json": manifest,
            "training_pairs.safetensors": hashes,
        },
    )
    entry = adapter_entries.read_entry("upload-x", HOSTILE, "uploaded", folder, CONFIG)
    html = cards_html([entry], entry.id) + details_html(
        entry, inspect_adapter(folder, None, CONFIG)
    )
    assert "<script" not in html and "<img" not in html
    attempt(preview_push, folder, "ada/x", False)
    assert read_training_data(folder, lambda source: False).dataset is None


@cases(1000)
@given(texts, texts)
def test_an_id_is_never_used_as_a_path(place, id, other):
    root = write(place / "root", {})

    def inside(path):
        return path is None or root in Path(path).resolve().parents

    assert (
        inside(attempt(visitor_folder, root, id))
        and attempt(find_run, root, id) is None
        and attempt(find_upload, root, id) is None
    )
    for kind in ("upload", "hub", id):
        source = attempt(resolve_source, kind, root, id, other)
        assert (
            source is None
            or source.startswith("builtin")
            or (source == attempt(parse_hub_source, other) and not Path(source).exists())
        )
    repo = attempt(parse_id, id)
    assert repo is None or (".." not in repo[0] and repo[0].count("/") == 1)


class Echo:
    """A translator that says what it is told."""

    def compare(self, texts, adapters=(), *, strengths=None, num_beams=1, max_new_tokens=None):
        assert (
            1 <= len(texts) <= 50
            and 1 <= num_beams <= 8
            and all("".join(texts).encode() for _ in adapters)
            and 1 <= max_new_tokens <= 256
        )
        return [
            SimpleNamespace(texts=list(texts), tokens=[1] * len(texts), rank=None, seconds=0.0)
            for _ in range(1 + len(adapters))
        ]


@pytest.fixture(scope="module")
def services(place, small_base):  # noqa: F811  (fixture)
    """Services without a model, processes or network; connections are counted."""
    reached = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        patch.setattr(runs, "launch", lambda folder, *_, **__: (folder / "asked").touch())
        patch.setattr(
            adapter_entries,
            "shipped",
            lambda: [
                write(
                    place / "shipped" / "sound",
                    {"adapter_config.json": as_json(SETTINGS), "adapter_model.safetensors": SOUND},
                )
            ],
        )
        patch.setattr(socket.socket, "connect", lambda self, address: reached.append(address))
        loader = SimpleNamespace(
            base=None, state="ready", translator=Echo, wait_for_base=lambda: None
        )
        yield open_services(str(small_base), None, place / "runs", loader=loader)
    assert reached == []


TAKES_FILES = {"adapter_merge", "adapter_upload", "train_upload"}
"""Functions whose files come through Gradio, and one that writes a whole checkpoint."""


def functions_of_classes(*classes: type) -> dict:
    """The functions for clients by name, each as a function of the services that returns it."""
    return {
        name: lambda services, owner=owner, name=name: getattr(owner(services), name)
        for owner in classes
        for name, method in vars(owner).items()
        if callable(method) and name[0] != "_" and name != "register" and name not in TAKES_FILES
    }


FUNCTIONS = functions_of_classes(CompareApi, ParametersApi, AdaptersApi, HubApi, TrainApi)
arguments = {
    "visitor": st.one_of(st.just(KEY), st.just(KEY), st.just(KEY), values),
    "adapters": st.one_of(st.just(["sound"]), values),
    "adapter": st.one_of(st.just("sound"), values),
    "text": st.one_of(st.just("Hallo"), values),
}


@cases(2000)
@given(st.sampled_from(sorted(FUNCTIONS)), st.data())
def test_functions_for_clients_answer_or_refuse(services, name, data):
    function = FUNCTIONS[name](services)
    named = {
        p.name: data.draw(arguments.get(p.name, values))
        for p in signature(function).parameters.values()
        if p.default is p.empty or not data.draw(st.integers(0, 4))
    }
    attempt(validated(function), **named)
    shutil.rmtree(services.visitors.root, ignore_errors=True)
