"""Start the app: parse the flags, open the page, load the model. A Space runs this file."""

import argparse
import os
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lora_demo.arguments import Parser
from lora_demo.model.precision import TRANSLATION_PRECISIONS

if TYPE_CHECKING:
    from lora_demo.service.services import Services
    from lora_demo.service.temporary_files import TemporaryFiles

BAD_INPUT, INTERRUPTED = 2, 130
"""Exit statuses."""
SPACE_BASE = "google/flan-t5-small"
"""The further base of a Space, which puts it into the cache when it is built."""


def main() -> None:
    """Serve the page until it is stopped; exit with status 2 if the base cannot be loaded."""
    flags = parse_flags()
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    try:
        app = start(flags)
    except (ValueError, OSError) as error:
        exit_with(str(error))
    try:
        app.services.loader.join()
    except KeyboardInterrupt:  # a partial download stays for the next start
        app.close()
        sys.exit(INTERRUPTED)
    if app.services.loader.state == "failed":
        app.close()
        exit_with(app.services.loader.error)
    app.wait()


def exit_with(message: str) -> NoReturn:
    """Print one line and exit with the status of bad input.

    Args:
        message: The cause; only its first line is printed.
    """
    print(message.split("\n")[0], file=sys.stderr)
    sys.exit(BAD_INPUT)


def parse_flags(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the flags.

    Args:
        arguments: The words of the command line; None for those of this process.

    Returns:
        The flags with their defaults, which differ on a Space.

    Raises:
        SystemExit: For a wrong flag, with status 2 and one line.
    """
    parser = Parser(
        "app.py",
        description="Open a page on which LoRA adapters are compared, trained and evaluated.",
    )
    on_space = bool(os.environ.get("SPACE_ID"))
    _add_address_flags(parser, on_space)
    _add_model_flags(parser, on_space)
    flags = parser.parse_args(arguments)
    if flags.mcp and not _is_installed("mcp"):
        parser.error(
            "--mcp needs a package that is not installed: python -m pip install 'mcp>=1.21,<2'"
        )
    return flags


def _add_address_flags(parser: Parser, on_space: bool) -> None:
    parser.add_argument(
        "--host",
        default="0.0.0.0" if on_space else "127.0.0.1",
        help="address to listen on (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=_parse_port,
        default=os.environ.get("GRADIO_SERVER_PORT", "7860"),
        help="port to listen on (default: %(default)s)",
    )
    parser.add_argument(
        "--root-path", default="", help="path under which a proxy serves the page, e.g. /lora"
    )
    parser.add_argument(
        "--share", action="store_true", help="also open a public link through Gradio's servers"
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="also serve MCP clients; functions that train or push are left out",
    )


def _add_model_flags(parser: Parser, on_space: bool) -> None:
    parser.add_argument(
        "--base",
        default=os.environ.get("LORA_DEMO_BASE") or "mini",
        metavar="ID",
        help="base model: mini (embedded), a folder, or a Hub id such as google/flan-t5-small "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--bases",
        nargs="+",
        default=_listed_bases(on_space),
        metavar="ID",
        help="further bases of the page's menu, as for --base; each is loaded when it is "
        "chosen (default: those of LORA_DEMO_BASES)",
    )
    parser.add_argument("--revision", help="branch, tag or commit of a base on the Hub")
    parser.add_argument(
        "--precision",
        type=_parse_precision,
        default=os.environ.get("LORA_DEMO_PRECISION") or "float32",
        help=f"number format of the weights, {', '.join(TRANSLATION_PRECISIONS)}; int8 takes a "
        "quarter of the memory, on CPUs with AVX-512 (default: %(default)s)",
    )
    parser.add_argument(
        "--runs",
        type=Path,
        default=_find_runs_folder(on_space),
        metavar="DIR",
        help="folder for runs and uploads (default: %(default)s)",
    )


def _listed_bases(on_space: bool) -> list[str]:
    """Return the bases that the environment lists; by default a Space with the Hub has one."""
    listed = os.environ.get("LORA_DEMO_BASES")
    is_offline = bool(os.environ.get("HF_HUB_OFFLINE"))
    if listed is None and on_space and not is_offline:
        return [SPACE_BASE]
    return (listed or "").replace(",", " ").split()


def _parse_port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (must be from 1 to 65535)")
    return int(text)


def _parse_precision(text: str) -> str:
    if text not in TRANSLATION_PRECISIONS:
        allowed = ", ".join(TRANSLATION_PRECISIONS)
        raise argparse.ArgumentTypeError(f"{text!r} is not a precision (must be {allowed})")
    return text


def _find_runs_folder(on_space: bool) -> Path:
    """Return ./runs; on a Space, runs in the first folder of persistent, own and temporary."""
    if not on_space:
        return Path("runs")
    temporary = Path(tempfile.gettempdir(), "lora_demo")
    for folder in (Path("/data"), Path()):
        if os.access(folder, os.W_OK):
            return folder / "runs"
    return temporary / "runs"


def _is_installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


@dataclass(frozen=True)
class App:
    """The running app.

    Args:
        services: The services behind the page.
        page: Gradio's page.
    """

    services: "Services"
    page: Any

    def close(self) -> None:
        """Stop serving the page, and end the model's process."""
        self.services.bases.close()
        self.page.close(verbose=False)

    def wait(self) -> None:
        """Wait until the page is stopped."""
        self.page.block_thread()


def start(flags: argparse.Namespace) -> App:
    """Open the page, and start to load the model.

    Args:
        flags: As `parse_flags` returns them.

    Returns:
        The app, whose model is still loading.

    Raises:
        ValueError: If the base model is not found.
        OSError: If the port is taken.
    """
    from lora_demo.service.hub_account import account_of
    from lora_demo.service.log import start_logging
    from lora_demo.service.model_process import ModelProcess
    from lora_demo.service.process_settings import allow_many_connections, limit_memory_arenas

    start_logging()
    allow_many_connections()
    limit_memory_arenas()
    account = account_of(flags.host, flags.share or bool(flags.root_path))
    if account != "machine":
        # Visitors name data sets, and must not read private ones of this machine's account.
        os.environ["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1"
    temporary_folder = make_temporary_folder()
    process = ModelProcess()  # it imports TensorFlow while this process imports Gradio

    from lora_demo.service.retention import Retention, start_cleanup
    from lora_demo.service.services import open_services
    from lora_demo.service.temporary_files import TemporaryFiles

    services = open_services(
        flags.base,
        flags.revision,
        flags.runs.resolve(),
        account,
        precision=flags.precision,
        process=process,
        further_bases=flags.bases,
    )
    temporary_files = TemporaryFiles(temporary_folder, services.limits)
    services.loader.start()
    page = open_page(flags, services, temporary_files)
    _log_start(flags, services)

    retention = Retention(services.visitors, services.evaluation_queue.is_active)
    start_cleanup(retention, temporary_files)
    services.training_queue.start()
    _reattach_jobs(services)
    return App(services, page)


def make_temporary_folder() -> Path | None:
    """Give this app and Gradio a folder for temporary files that no other program uses.

    Returns:
        The folder, which the app may clear; None if GRADIO_TEMP_DIR already names one.
    """
    from lora_demo.service.app_folder import open_app_folder

    folder = open_app_folder() / "gradio"
    if os.environ.get("GRADIO_TEMP_DIR"):
        return None
    folder.mkdir()
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder


def open_page(
    flags: argparse.Namespace, services: "Services", temporary_files: "TemporaryFiles"
) -> Any:
    """Build the page and serve it.

    Args:
        flags: As `parse_flags` returns them.
        services: The services behind the page.
        temporary_files: Limits the uploads that are being received.

    Returns:
        Gradio's page, which is served in another thread.
    """
    from lora_demo.model.importing import without_collecting, without_package, without_stubs
    from lora_demo.service.status import health
    from lora_demo.web.gate import rules_of

    # Gradio imports the package mcp if it is installed, which takes a tenth of its import time.
    mcp = nullcontext() if flags.mcp else without_package("mcp")
    with without_collecting(), without_stubs(), mcp:
        from lora_demo.web.page import build_page
        from lora_demo.web.server import launch

    rules = rules_of(
        services.account,
        bool(flags.root_path) or flags.share,
        check_room=temporary_files.check_room,
        health=lambda: health(services),
    )
    page = build_page(services, flags.mcp)
    launch(
        page,
        flags.host,
        flags.port,
        root_path=flags.root_path,
        share=flags.share,
        mcp=flags.mcp,
        rules=rules,
        closed=closed_folders(services.visitors.root),
    )
    return page


def closed_folders(root: Path) -> list[Path]:
    """List the folders whose files Gradio must not serve.

    Args:
        root: The folder of all visitors.

    Returns:
        That folder and the app's own, except one that holds Gradio's temporary files.
    """
    temporary = Path(os.environ["GRADIO_TEMP_DIR"]).resolve()
    folders = [root, Path(__file__).resolve().parent]
    return [folder for folder in folders if folder not in (temporary, *temporary.parents)]


def _log_start(flags: argparse.Namespace, services: "Services") -> None:
    from lora_demo.service.log import LOG
    from lora_demo.version import __version__

    LOG.info(
        "started lora_demo %s with %s for %s on port %d, limits %s",
        __version__,
        services.base.rpartition("/")[2],
        services.account,
        flags.port,
        services.limits,
    )


def _reattach_jobs(services: "Services") -> None:
    """Follow the Jobs that an earlier app has started."""
    from lora_demo.service.jobs import all_runs

    services.jobs.reattach(all_runs(services.visitors.root))


if __name__ == "__main__":
    main()
