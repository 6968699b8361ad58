"""Promise: the app's own process never imports TensorFlow or Keras."""

import subprocess
import sys

CODE = """
import sys
sys.modules.update(dict.fromkeys(("tensorflow", "keras", "jax")))  # importing them now fails
import importlib, pkgutil
from pathlib import Path

import app
import lora_demo.service
import lora_demo.web
for package in (lora_demo.service, lora_demo.web):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)

from lora_demo.service.archives import pack
from lora_demo.service.adapter_storage import keep_upload
from lora_demo.service.services import open_services
from lora_demo.web.page import build_page
from lora_demo.checkpoints.base import find_base

KEY = "nobody-else-knows-this-key"
services = open_services("mini", None, Path(sys.argv[1]))
services.loader.base = find_base("mini")
build_page(services)
first, second, *_ = services.library.entries("").values()
library = services.library
folder = services.visitors.writable_folder(KEY)
id = keep_upload([pack(first.folder, "mine")], folder, services.config)
library.reduce(id, 2, KEY)
library.combine([first.id, second.id], [0.5, 0.5], KEY, rank=3)
library.details(first), library.losses(second), library.merge(first.id, "")
services.bases.own.previews.preview("builtin:weather")
services.parameter_counts.count("mini", "q,v", [4, 8])
"""


def test_nothing_of_the_page_or_behind_it_imports_tensorflow(tmp_path):
    command = [sys.executable, "-W", "ignore", "-c", CODE, str(tmp_path / "runs")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr[-2000:]
