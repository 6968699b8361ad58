"""Promise: known attacks on readers end in one line, in bounded time; nothing is kept."""

import json
import os
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.patterns import MATCH_SECONDS
from lora_demo.data.cleaning import MAX_MARKS, clean
from lora_demo.data.pairs import read_file
from lora_demo.evaluation.sets import load_set
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import resolve_targets
from lora_demo.service.adapter_storage import keep_upload
from lora_demo.service.uploads import keep_pairs
from tests.security.refusal import attempt
from tests.security.samples import CONFIG, SETTINGS, SITES, SOUND, as_json

MOST_GROWTH = 300_000
"""kB by which a process may grow at most, whatever is read."""


def adapter(folder: Path, config: bytes = as_json(SETTINGS), tensors: bytes = SOUND) -> Path:
    (folder / "adapter_config.json").write_bytes(config)
    (folder / "adapter_model.safetensors").write_bytes(tensors)
    return folder


def patterns(*keys: str) -> bytes:
    return as_json(SETTINGS | {"rank_pattern": dict.fromkeys(keys, 2)})


def header(entries: dict, body: bytes = b"") -> bytes:
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + body


TENSOR = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
ADAPTERS = {
    "a pattern that repeats a billion times": {"config": patterns("a{4000000000}")},
    "nested repeats": {"config": patterns("(?:(?:a{1000}){1000}){1000}")},
    "a pattern that is not closed": {"config": patterns("(q")},
    "many stars in many patterns": {
        "config": patterns(*(".*.*.*.*" + str(i) for i in range(9000)))
    },
    "many plain patterns": {"config": patterns(*("layer" + str(i) for i in range(9000)))},
    "a million keys": {"config": b"{" + b'"a":0,' * 10**6 + b'"b":0}'},
    "deep JSON": {"config": b"[" * 900_000},
    "a number of 10,000 digits": {
        "config": as_json(SETTINGS)[:-1] + b', "lora_alpha": ' + b"9" * 10_000 + b"}"
    },
    "an alpha beyond floats": {"config": as_json(SETTINGS | {"lora_alpha": 10**400})},
    "a line break in a value": {
        "config": as_json(SETTINGS | {"r": "2\n3", "bias": "x\ny", "modules_to_save": "a\nb"})
    },
    "a shape of 2^63": {"tensors": header({"a": TENSOR | {"shape": [2**63]}}, b"0" * 4)},
    "a shape that overflows": {
        "tensors": header({"a": TENSOR | {"shape": [2**62, 2**62]}}, b"0" * 4)
    },
    "overlapping offsets": {"tensors": header({"a": TENSOR, "b": TENSOR}, b"0" * 4)},
    "a hole between tensors": {
        "tensors": header({"a": TENSOR | {"data_offsets": [4, 8]}}, b"0" * 8)
    },
    "another dtype": {
        "tensors": header(
            {f"base_model.model.{SITES[0]}.lora_A.weight": TENSOR | {"dtype": "I32"}}, b"0" * 4
        )
    },
    "a header of 80 MB": {
        "tensors": struct.pack("<Q", 80_000_000) + b"{" + b" " * 79_999_998 + b"}"
    },
    "a header that says 2^63": {"tensors": struct.pack("<Q", 2**63) + b"{}"},
    "names with line breaks": {"tensors": header({"a\nb": TENSOR}, b"0" * 4)},
}


@pytest.mark.parametrize("files", ADAPTERS.values(), ids=ADAPTERS)
def test_attacks_with_adapter_folders_are_refused(tmp_path, files):
    assert attempt(read_adapter, adapter(tmp_path, **files), CONFIG) is None


SLOW_PATTERNS = (".?" * 60 + "Z", "(.|..)" * 30 + "Z", "(a+)+$", "(.*)*(.*)*x", "(\\w+\\.?)+-")


@pytest.mark.parametrize("pattern", SLOW_PATTERNS)
@pytest.mark.parametrize("key", ["rank_pattern", "alpha_pattern", "target_modules"])
def test_slow_patterns_are_read_or_refused_in_bounded_time(tmp_path, key, pattern):
    value = pattern if key == "target_modules" else {pattern: 2}
    config = as_json(SETTINGS | {key: value})
    began = time.process_time()
    attempt(read_adapter, adapter(tmp_path, config), CONFIG)
    assert time.process_time() - began < 2 * MATCH_SECONDS + 1


def test_very_many_targets_are_matched_in_bounded_time(tmp_path):
    names = [f"x{number}" for number in range(80_000)]
    config = as_json(SETTINGS | {"target_modules": names, "layers_to_transform": [1]})
    began = time.process_time()
    assert attempt(read_adapter, adapter(tmp_path, config), CONFIG) is None
    assert time.process_time() - began < MATCH_SECONDS


def zip_of(
    path: Path, *members: tuple[str, bytes], link: bool = False, kind: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (("x/adapter_config.json", as_json(SETTINGS)), *members):
            member = zipfile.ZipInfo(name)
            member.compress_type, member.external_attr = kind, 0o120777 << 16 if link else 0
            archive.writestr(member, data)
    return path


WEIGHTS = "x/adapter_model.safetensors"
ZIPS = {
    "a bomb": lambda path: zip_of(path, (WEIGHTS, bytes(201_000_000))),
    "a bomb beside": lambda path: zip_of(
        path, (WEIGHTS, SOUND), ("x/manifest.json", b"[" + b"1," * 30_000_000)
    ),
    "a link": lambda path: zip_of(path, (WEIGHTS, b"/etc/passwd"), link=True),
    "too many members": lambda path: zip_of(
        path, (WEIGHTS, SOUND), *((str(i), b"") for i in range(2000))
    ),
    "two adapters": lambda path: zip_of(
        path,
        (WEIGHTS, SOUND),
        ("y/adapter_config.json", as_json(SETTINGS)),
        ("y/adapter_model.safetensors", SOUND),
    ),
    "weights elsewhere": lambda path: zip_of(
        path, ("../adapter_model.safetensors", SOUND), ("/adapter_model.safetensors", SOUND)
    ),
    "a bomb of bzip2": lambda path: zip_of(
        path, (WEIGHTS, bytes(400_000_000)), kind=zipfile.ZIP_BZIP2
    ),
    "a bomb of LZMA": lambda path: zip_of(
        path, (WEIGHTS, bytes(400_000_000)), kind=zipfile.ZIP_LZMA
    ),
    "no zip": lambda path: path.write_bytes(b"PK\3\4" + bytes(100)),
}


@pytest.mark.parametrize("make", ZIPS.values(), ids=ZIPS)
def test_attacks_with_archives_are_refused(tmp_path, make):
    make(tmp_path / "x.zip")
    assert attempt(keep_upload, [tmp_path / "x.zip"], tmp_path / "visitor", CONFIG) is None
    assert not any(path.is_file() for path in (tmp_path / "visitor").rglob("*"))


def test_climbing_names_in_archives_stay_inside(tmp_path):
    """Only known files are unpacked, from the folder of the archive that holds the config."""
    zip_of(
        tmp_path / "x.zip",
        (WEIGHTS, SOUND),
        ("../../evil", b"x"),
        ("/tmp/evil", b"x"),
        ("x/evil.py", b"x"),
    )
    id = keep_upload([tmp_path / "x.zip"], tmp_path / "visitor", CONFIG, "../../../x")
    kept = {
        path.name
        for path in (tmp_path / "visitor" / "adapters" / id.removeprefix("upload-")).iterdir()
    }
    assert kept == {"adapter_config.json", "adapter_model.safetensors"}
    assert not list(tmp_path.parent.rglob("evil*"))


TABLES = {
    "one line of 100 MB": (".tsv", lambda: b"de\ten\n" + b"x" * 100_000_000),
    "binary": (".tsv", lambda: os.urandom(100_000)),
    "six million empty lines": (".jsonl", lambda: b"\n" * 6_000_000),
    "a million short pairs": (".tsv", lambda: b"de\ten\n" + b"a\tb\n" * 1_000_000),
    "a quote that never ends": (".csv", lambda: b'de,en\n"' + b"a,b\n" * 1_000_000),
}


@pytest.mark.parametrize(("suffix", "data"), TABLES.values(), ids=TABLES)
def test_attacks_with_files_of_pairs_are_refused(tmp_path, suffix, data):
    file = tmp_path / f"x{suffix}"
    file.write_bytes(data())
    assert attempt(keep_pairs, file, tmp_path / "visitor") is None
    assert not (tmp_path / "visitor").exists()


def test_letters_with_many_combining_marks_take_bounded_time():
    """Putting marks in order takes time that grows with their square: of 100,000 few are left."""
    assert len(clean("a" + "\u0301\u0316" * 50_000)) <= 1 + MAX_MARKS
    assert clean("e\u0301" * 2000) == "é" * 2000
    assert clean("ab\u202ecd\u2066e\x9bf") == "abcdef"
    assert clean("a\x85b") == "a b"


@pytest.mark.parametrize("columns", [[f"en{i}" for i in range(100_000)], ["en1"] * 100_000])
def test_a_hundred_thousand_reference_columns_take_bounded_time(tmp_path, columns):
    """Only some are references, and two of one name are refused; pairs are read as before."""
    file = tmp_path / "x.tsv"
    file.write_text(
        "\t".join(["de", "en", *columns]) + "\n" + ("\t".join(["a", "b", *columns]) + "\n") * 3
    )
    assert attempt(read_file, file) == [("a", "b")] * 3
    found = attempt(load_set, str(file))
    if len(set(columns)) == len(columns):
        assert len(found.references) <= 112
    else:
        assert found is None


def test_a_base_of_two_billion_blocks_is_refused():
    assert attempt(T5Config.from_json, CONFIG.to_json() | {"num_layers": 2**31 - 1}) is None
    assert attempt(resolve_targets, ",".join(map(str, range(10**5))), CONFIG) is None


MEMORY = """
import sys
from pathlib import Path
from lora_demo.training.speed import peak_bytes
from tests.security import test_attacks as attacks
folder = Path(sys.argv[1])
before = peak_bytes()
for name, files in attacks.ADAPTERS.items():
    attacks.adapter(folder, **files)
    attacks.attempt(attacks.read_adapter, folder, attacks.CONFIG)
for name, make in attacks.ZIPS.items():
    if "bomb" in name or "directory" in name:
        archive, visitor = Path(sys.argv[2]) / f"{name}.zip", folder / "visitor"
        attacks.attempt(attacks.keep_upload, [archive], visitor, attacks.CONFIG)
print((peak_bytes() - before) // 1000)
"""


def directory_bomb(path: Path):
    """Write a small file whose 170 MB directory lists three million members."""
    entry = (
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0)
        + b"x/abcdef"
    )
    count, directory = 3_000_000, 3_000_000 * len(entry)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, directory, 0)
    with open(path, "wb") as file:
        file.write(
            entry * count
            + end64
            + struct.pack("<4sLQL", b"PK\6\7", 0, directory, 1)
            + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        )


ZIPS["a directory of three million members"] = directory_bomb


def test_memory_stays_bounded(tmp_path):
    """Reading all of them, one after the other, in a process that makes none of the archives."""
    for name, make in ZIPS.items():
        make(tmp_path / f"{name}.zip")
    (tmp_path / "read").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "read"), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < MOST_GROWTH
