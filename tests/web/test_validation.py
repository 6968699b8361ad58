"""Promise: clients' inputs are checked by type, and no result can disclose a file."""

import pytest

from lora_demo.web.validation import validated, without_file_markers


def test_no_result_looks_like_a_file():
    file = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}, "size": 1}
    bare = {"path": "/etc/passwd", "size": 1}
    result = {"a": [file, (file,)], "meta": 1}
    assert without_file_markers(result) == {"a": [bare, [bare]], "meta": 1}
    assert without_file_markers("x") == "x"


def test_an_input_of_the_wrong_type_is_named():
    def double(number: int) -> int:
        return 2 * number

    assert validated(double)(2) == validated(double)(number=2) == 4
    with pytest.raises(ValueError, match=r"^number = 'two' \(.*integer.*\)\.$"):
        validated(double)("two")
