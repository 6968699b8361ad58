"""Commands of `python -m lora_demo`, run in this process."""

from lora_demo.cli.main import main


def run(capsys, *argv) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of one command."""
    try:
        status = main([str(a) for a in argv])
    except SystemExit as exit:
        status = exit.code
    out, err = capsys.readouterr()
    return status, out, err
