"""An environment with the stand-in for COMET, and folders of models for it."""

import shutil
import sysconfig
import venv
from pathlib import Path

STAND_IN = Path(__file__).with_name("comet_stand_in.py")


def make_environment(folder: Path, torch: str = "2.13.0") -> Path:
    """Make a virtual environment that has the stand-in and its metadata."""
    venv.create(folder, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    shutil.copy(STAND_IN, packages / "comet.py")
    (packages / "pkg_resources.py").touch()
    for name, version in (("unbabel_comet", "2.2.7"), ("torch", torch)):
        metadata = packages / f"{name}-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        name = name.replace("_", "-")
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder


def settings_text(encoder: object, kind: str = "regression_metric") -> str:
    """The content of hparams.yaml."""
    return f"class_identifier: {kind}\nlayer: mix\npretrained_model: {encoder}\n"


def make_model(folder: Path, behaviour: str = "scores") -> Path:
    """Make the folder of a model that makes the stand-in behave like this."""
    encoder = folder / "encoder"
    encoder.mkdir(parents=True)
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / "model.ckpt").write_text(behaviour)
    (folder / "hparams.yaml").write_text(settings_text(encoder))
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n\n# A model\n")
    return folder
