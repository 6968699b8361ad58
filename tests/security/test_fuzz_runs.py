"""Promise: settings, events and ids of runs from outside are used safely or refused in one line."""

import json
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from lora_demo.hub.places import parse_place
from lora_demo.model.config import T5Config
from lora_demo.model.shapes import dense_shapes, total_parameters
from lora_demo.service.data_sources import parse_hub_source, resolve_source
from lora_demo.service.uploads import find_upload
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.training.config import TrainConfig
from lora_demo.training.event_lines import parse_event
from lora_demo.training.run import Run
from lora_demo.training.runs import find_run
from lora_demo.web.views.run_comparison import comparison_html
from lora_demo.web.views.run_view import run_html
from tests.security.refusal import attempt
from tests.security.samples import CONFIG, EVENTS, as_json, write
from tests.security.strategies import cases, changed, deep, texts, values

GEOMETRY = CONFIG.to_json()
event_lines = st.one_of(
    st.sampled_from(EVENTS).map(as_json),
    st.sampled_from(EVENTS).flatmap(changed).map(as_json),
    st.sampled_from(EVENTS).flatmap(changed).map(as_json),
    deep.map(str.encode),
    st.binary(max_size=30),
)


@cases(1200)
@given(changed(TrainConfig(steps=1).to_json()) | values.filter(lambda v: isinstance(v, dict)))
def test_any_run_settings_are_accepted_or_refused(document):
    config = attempt(TrainConfig.from_json, document)
    if config:
        assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
        assert "\n" not in config.command()
        assert len(f"{config.adapter_name}".encode()) < 230
        assert "/" not in config.adapter_name


@cases(500)
@given(changed(GEOMETRY))
def test_any_base_geometry_is_accepted_or_refused(document):
    config = attempt(T5Config.from_json, document)
    assert config is None or (total_parameters(config) > 0 and len(dense_shapes(config)) < 10_000)


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


@cases(1000)
@given(texts, texts)
def test_an_id_is_never_used_as_a_path(place, id, other):
    root = write(place / "root", {})

    def inside(path):
        return path is None or root in Path(path).resolve().parents

    assert inside(attempt(visitor_folder, root, id))
    assert attempt(find_run, root, id) is None
    assert attempt(find_upload, root, id) is None
    for kind in ("upload", "hub", id):
        source = attempt(resolve_source, kind, root, id, other)
        assert (
            source is None
            or source.startswith("builtin")
            or (source == attempt(parse_hub_source, other) and not Path(source).exists())
        )
    parsed = attempt(parse_place, id)
    assert parsed is None or (".." not in parsed.name and parsed.repo.count("/") == 1)
