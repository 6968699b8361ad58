"""Settings of all tests: a quiet TensorFlow, unless KERAS_BACKEND names another backend."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Gradio names an upload by its content: what one worker deletes, another may be reading.
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix=f"tests-{worker}-")
    Path(tempfile.tempdir).chmod(0o755)  # one test writes as another user
    atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)
settings.register_profile(  # a busy machine is slow, and each run must try the same cases
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")
for folder in (Path(__file__).parent, Path(__file__).parent.parent):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from tests.tiny import pairs_file, tiny_base  # noqa: E402, F401  (fixtures of all tests)
