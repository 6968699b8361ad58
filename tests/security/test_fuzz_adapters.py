"""Promise: any adapter folder, upload or manifest from outside is read or refused in one line."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lora_demo.checkpoints.adapter_fit import find_problems
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.evaluation.overlap import read_training_data
from lora_demo.hub.parcel import preview_push
from lora_demo.model.shapes import dense_shapes
from lora_demo.service import adapter_entries
from lora_demo.service.adapter_storage import keep_upload
from lora_demo.service.archives import ADAPTER_FILES
from lora_demo.web.views.adapter_cards import cards_html, details_html
from tests.security.refusal import attempt
from tests.security.samples import CONFIG, HOSTILE, SETTINGS, SOUND, as_json, files_under, write
from tests.security.strategies import cases, changed, damaged, json_files, tensor_files, texts


@cases(1500)
@given(json_files(SETTINGS), tensor_files())
def test_any_adapter_folder_is_read_or_refused(place, config, tensors):
    folder = write(
        place / "adapter", {"adapter_config.json": config, "adapter_model.safetensors": tensors}
    )
    adapter = attempt(read_adapter, folder, CONFIG)
    problems = attempt(find_problems, folder, CONFIG)
    report = attempt(inspect_adapter, folder, None, CONFIG)
    assert report is None or (
        report["fits"] == (problems == []) and "\n" not in "".join(report["problems"])
    )
    if adapter:
        assert problems == [] and adapter.r == json.loads(config)["r"]
        for site, (A, B, scale) in adapter.matrices.items():
            assert (A.shape[0], B.shape[1]) == dense_shapes(CONFIG)[site]
            assert A.shape[1] == B.shape[0]
            assert np.isfinite(A).all()
            assert np.isfinite(B).all()
            assert np.isfinite(scale)


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
    """Draw a zip with an adapter and hostile members: paths, duplicates, links, cut bytes."""
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
    return damaged(draw, buffer.getvalue())


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
