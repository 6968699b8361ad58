"""Starts the page: reads the flags, serves, and loads the model behind it. This is what a Space runs."""

import argparse
import ctypes
import os
import resource
import sys
import tempfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

M_ARENA_MAX = -8
"""Of glibc's mallopt(3)."""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The flags; a wrong one ends the program with status 2 and one line."""
    on_space = bool(os.environ.get("SPACE_ID"))
    parser = argparse.ArgumentParser(
        "app.py",
        description="The page of LoRA, side by side: translate, compare adapters, train your own.",
    )
    parser.add_argument(
        "--host",
        default="0.0.0.0" if on_space else "127.0.0.1",
        help="address to listen on (%(default)s)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("GRADIO_SERVER_PORT", "7860"),
        help="port to listen on (%(default)s)",
    )
    parser.add_argument(
        "--base",
        default=os.environ.get("LORA_DEMO_BASE") or "mini",
        metavar="ID",
        help="mini (embedded), a folder, or a Hub id such as google/flan-t5-small (%(default)s)",
    )
    parser.add_argument("--revision", help="of a base on the Hub")
    parser.add_argument(
        "--runs",
        type=Path,
        default=_runs(on_space),
        metavar="DIR",
        help="where runs and uploads are kept (%(default)s)",
    )
    parser.add_argument("--root-path", default="", help="path under which a proxy serves the page")
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="also serve the functions that neither train nor push to MCP clients",
    )
    parser.add_argument(
        "--share", action="store_true", help="also open a public link through Gradio's servers"
    )
    parser.error = lambda message: _give_up(f"app.py: {message} (--help lists the flags)")
    flags = parser.parse_args(arguments)
    if flags.mcp and not _is_installed("mcp"):
        parser.error(
            "--mcp needs a package that is not installed: python -m pip install 'mcp>=1.21,<2'"
        )
    return flags


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port, wanted 1 to 65535")
    return int(text)


def _runs(on_space: bool) -> Path:
    """On a Space with storage that lasts, runs go there; where the app's own folder cannot be written, to a temporary one."""
    places = (
        [Path("/data"), Path(), Path(tempfile.gettempdir(), "lora_demo")] if on_space else [Path()]
    )
    return next((place for place in places if os.access(place, os.W_OK)), places[-1]) / "runs"


def main():
    """Serves until it is stopped; a base that cannot be loaded ends it with status 2."""
    flags = parse()
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    try:
        engine, close, wait = serve(flags)
    except (ValueError, OSError) as error:
        _give_up(str(error))
    try:
        engine.join()
    except KeyboardInterrupt:  # of a download, what has come stays for the next start
        close()
        sys.exit(130)
    if engine.state == "failed":
        close()
        _give_up(engine.error)
    wait()


def serve(flags: argparse.Namespace):
    """Opens the page and begins to load the model; returns the engine, and how to close the page and how to wait for its end."""
    from lora_demo.model.importing import without_collecting, without_stubs
    from lora_demo.service import log
    from lora_demo.service.hub_account import account_of
    from lora_demo.service.retention import Retention, start_cleanup
    from lora_demo.service.services import open_services
    from lora_demo.service.status import health
    from lora_demo.service.temporary_files import TemporaryFiles
    from lora_demo.version import __version__
    from lora_demo.web.gate import rules_of

    log.start_logging()
    _allow_many_connections()
    _share_freed_memory()

    account = account_of(flags.host, flags.share or bool(flags.root_path))
    if account != "machine":
        os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = (
            "1"  # strangers name data sets, and must not reach this account's private ones
        )
    cache = _files_on_their_way(flags.port)
    studio = open_services(flags.base, flags.revision, flags.runs.resolve(), account)
    with without_collecting(), without_stubs():
        from lora_demo.service.jobs import all_runs, reattach
        from lora_demo.web.page import build, launch

    temporary_files = TemporaryFiles(cache, studio.limits)
    retention = Retention(studio.visitors, studio.evaluation_queue.is_active)
    rules = rules_of(
        account,
        bool(flags.root_path) or flags.share,
        check_room=temporary_files.check_room,
        health=lambda: health(studio),
    )
    page = build(studio, flags.mcp)
    launch(
        page,
        flags.host,
        flags.port,
        root_path=flags.root_path,
        share=flags.share,
        mcp=flags.mcp,
        rules=rules,
        closed=closed_folders(studio.root),
    )
    log.LOG.info(
        "started lora_demo %s with %s for %s on port %d, limits %s",
        __version__,
        studio.base.rpartition("/")[2],
        account,
        flags.port,
        studio.training_queue.limits,
    )
    start_cleanup(retention, temporary_files)
    studio.engine.start()
    studio.training_queue.start()
    reattach(studio, all_runs(studio))
    return studio.engine, lambda: page.close(verbose=False), page.block_thread


def _files_on_their_way(port: int) -> Path | None:
    """Where Gradio keeps files that are sent and fetched: a folder of this app alone, which it may clear; None where GRADIO_TEMP_DIR says otherwise."""
    if os.environ.get("GRADIO_TEMP_DIR"):
        return None
    folder = Path(tempfile.gettempdir(), f"lora_demo-{os.getuid()}", str(port))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder


def closed_folders(root: Path) -> list[Path]:
    """Of the visitors' folder and the app's own those of which no file is handed out: both, unless Gradio's files on their way lie in one."""
    way = Path(os.environ["GRADIO_TEMP_DIR"]).resolve()
    return [
        folder
        for folder in (root, Path(__file__).resolve().parent)
        if folder not in (way, *way.parents)
    ]


def _allow_many_connections():
    """Raises how many files and connections this process may have open to the most that the system lets it: idle ones lock nobody out then."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _share_freed_memory():
    """Lets all threads take memory from two places, not from eight a core, in each of which what one thread has freed would lie unused."""
    with suppress(OSError, AttributeError):  # where the C library is another one
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _give_up(message: str):
    print(message.split("\n")[0], file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
