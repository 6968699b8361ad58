"""DoRA, PiSSA, OLoRA and chosen layers: trained here, they are what PEFT makes of them."""

from dataclasses import replace

import numpy as np
import pytest

from lora_demo.checkpoints.adapter_matrices import adapted_paths
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_base, load_model
from lora_demo.checkpoints.merging import merge_adapter
from lora_demo.checkpoints.reducing import reduce_adapter
from lora_demo.checkpoints.tensors import read_index, read_tensor
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import resolve_targets, select_layers
from lora_demo.training.config import TrainConfig
from lora_demo.training.trainer import Trainer

peft = pytest.importorskip("peft")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

IDS = np.array([[5, 9, 14, 1], [7, 1, 0, 0]])
MASK = (IDS != 0).astype("int32")
TARGETS = ("q", "wi_1")
RANK, ALPHA = 3, 5.0


@pytest.fixture(scope="module")
def base(tiny_base):
    return find_base(str(tiny_base))


def of_peft(base, folder=None, **settings):
    model = transformers.T5ForConditionalGeneration.from_pretrained(base.folder)
    if folder:
        return peft.PeftModel.from_pretrained(model, folder).eval()
    config = peft.LoraConfig(
        task_type="SEQ_2_SEQ_LM", r=RANK, lora_alpha=ALPHA, target_modules=list(TARGETS), **settings
    )
    return peft.get_peft_model(model, config)


def logits_of_peft(model):
    ids, mask = torch.tensor(IDS), torch.tensor(MASK)
    return model(input_ids=ids, attention_mask=mask, decoder_input_ids=ids).logits


def logits_here(model, slots):
    from lora_demo.model.lora import Context

    return np.array(model(IDS, MASK, IDS, context=Context(slots)))


def randomise(model):
    generator = torch.Generator().manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora_magnitude" in name:
            parameter.data *= 1 + 0.3 * torch.rand(parameter.shape, generator=generator)
        elif "lora_" in name:
            parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)


def test_base_lora_and_dora_run_as_rows_of_one_batch(base, tmp_path):
    from lora_demo.adapter_slots import AdapterSlots

    folders = []
    for name, use_dora in (("dora", True), ("lora", False)):
        model = of_peft(base, use_dora=use_dora)
        randomise(model)
        model.save_pretrained(tmp_path / name)
        folders.append(tmp_path / name)
    model = load_model(base)
    plain = logits_here(model, None)
    slots = AdapterSlots(model)
    adapters = [read_adapter(folder, base.config) for folder in folders]
    _, (dora, lora) = slots.load(adapters)
    for slot, folder in ((dora, folders[0]), (lora, folders[1])):
        expected = logits_of_peft(of_peft(base, folder)).detach().numpy()
        both = logits_here(model, np.array([slot, 0]))
        np.testing.assert_allclose(both[0], expected[0], atol=1e-4)
        np.testing.assert_array_equal(both[1], plain[1])


def test_an_adapter_without_dora_costs_no_gains(base, tmp_path):
    from lora_demo.adapter_slots import AdapterSlots

    of_peft(base).save_pretrained(tmp_path / "lora")
    model = load_model(base)
    AdapterSlots(model).load([read_adapter(tmp_path / "lora", base.config)])
    assert all(layer.bank.gain is None for layer in model.lora_layers().values() if layer.bank)


def test_gradients_of_dora_are_pefts(base, tmp_path):
    from keras import ops

    from lora_demo.model.backend import value_and_gradients
    from lora_demo.model.dora import DoraBank
    from lora_demo.model.lora import Context

    model = of_peft(base, use_dora=True).eval()
    randomise(model)
    model.save_pretrained(tmp_path / "dora")
    weights = np.random.default_rng(0).normal(size=(2, 4, base.config.vocab_size))
    (logits_of_peft(model) * torch.tensor(weights)).sum().backward()
    here, adapter = load_model(base), read_adapter(tmp_path / "dora", base.config)
    trained, expected = [], []
    for path, (A, B, scale) in adapter.matrices.items():
        layer = here.lora_layers()[path]
        layer.bank = DoraBank(layer.d_in, layer.d_out, RANK, scale)
        layer.bank.write(0, A, B)
        layer.bank.magnitude.assign(adapter.magnitudes[path][None])
        trained += layer.bank.trained
        module = model.base_model.model.get_submodule(path)
        expected += [
            module.lora_A["default"].weight.grad.numpy().T,
            module.lora_B["default"].weight.grad.numpy(). T,
            module.lora_magnitude_vector["default"].weight.grad.numpy(),
        ]  # fmt: skip

    def loss():
        return ops.sum(here(IDS, MASK, IDS, context=Context(0)) * weights.astype("float32"))

    _, gradients = value_and_gradients(loss, trained, here.variables)
    for gradient, reference in zip(gradients, expected, strict=True):
        size = float(np.abs(reference).max()) or 1.0
        np.testing.assert_allclose(np.array(gradient)[0] / size, reference / size, atol=1e-4)


def train(base, pairs_file, folder, **settings):
    config = TrainConfig(
        base=str(base.folder),
        data=str(pairs_file),
        rank=RANK,
        alpha=ALPHA,
        targets=TARGETS,
        steps=3,
        eval_every=3,
        learning_rate=0.02,
        precision="float32",
        batch_size=8,
        **settings,
    )
    for _ in Trainer(config, folder).run():
        pass
    return folder / "adapter"


@pytest.mark.parametrize("settings", [{"use_dora": True}, {"init": "pissa"}, {"init": "olora"}])
def test_peft_loads_what_was_trained_and_computes_the_same(base, pairs_file, tmp_path, settings):
    from lora_demo.adapter_slots import AdapterSlots

    folder = train(base, pairs_file, tmp_path / "run", **settings)
    adapter = read_adapter(folder, base.config)
    assert adapter.r == (RANK if "use_dora" in settings else 2 * RANK)
    model = load_model(base)
    plain = logits_here(model, None)
    _, (slot,) = AdapterSlots(model).load([adapter])
    here = logits_here(model, np.array([slot, slot]))
    expected = logits_of_peft(of_peft(base, folder)).detach().numpy()
    np.testing.assert_allclose(here, expected, atol=1e-4)
    assert np.abs(here - plain).max() > 1e-3
    merge_adapter(base, adapter, tmp_path / "merged")
    merged = load_model(find_base(str(tmp_path / "merged")))
    np.testing.assert_allclose(logits_here(merged, None), expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["pissa", "olora"])
def test_a_start_from_the_weights_is_pefts_and_changes_nothing(base, kind):
    from lora_demo.model.lora_initialization import initialize_from_weights, subtract_start

    reference = of_peft(base, init_lora_weights=kind).base_model.model
    model = load_model(base)
    plain = logits_here(model, None)
    layers = {p: x for p, x in model.lora_layers().items() if p.endswith(TARGETS)}
    for layer in layers.values():
        layer.allocate(1, RANK, scale=ALPHA / RANK)
    starts = initialize_from_weights(layers, kind)
    np.testing.assert_allclose(logits_here(model, 0), plain, atol=1e-4)
    for path, (A, B) in starts.items():
        module = reference.get_submodule(path)
        product = module.lora_B["default"].weight @ module.lora_A["default"].weight
        np.testing.assert_allclose((A @ B).T, product.detach().numpy(), atol=1e-5)
        left = module.base_layer.weight.detach().numpy()
        np.testing.assert_allclose(layers[path].matrix(), left, atol=1e-5)
        A_both, B_both = subtract_start((A, B), (A, B))
        np.testing.assert_allclose(A_both @ B_both, 0, atol=1e-6)


def test_a_stopped_run_of_dora_resumes_to_equal_weights(base, pairs_file, tmp_path):
    whole = train(base, pairs_file, tmp_path / "whole", use_dora=True)
    config = TrainConfig.from_json(
        {
            "base": str(base.folder), "data": str(pairs_file), "rank": RANK, "alpha": ALPHA,
            "targets": list(TARGETS), "steps": 3, "eval_every": 3, "learning_rate": 0.02,
            "precision": "float32", "batch_size": 8, "use_dora": True,
        }
    )  # fmt: skip
    stops = iter([False] * 4 + [True])
    for stop in (lambda: next(stops, True), lambda: False):
        for _ in Trainer(config, tmp_path / "parts", stop).run():
            pass
    first, second = (read_adapter(p, base.config) for p in (whole, tmp_path / "parts" / "adapter"))
    for path, magnitude in first.magnitudes.items():
        np.testing.assert_allclose(magnitude, second.magnitudes[path], atol=1e-6)
        np.testing.assert_allclose(first.matrices[path][1], second.matrices[path][1], atol=1e-6)


def test_dora_is_refused_where_only_low_rank_updates_are_right(base, tmp_path):
    from lora_demo.translator import Translator

    of_peft(base, use_dora=True).save_pretrained(tmp_path / "dora")
    adapter = read_adapter(tmp_path / "dora", base.config)
    with pytest.raises(ValueError, match="DoRA adapter"):
        reduce_adapter(adapter, 1, tmp_path / "out", base.config, "out")
    with pytest.raises(ValueError, match=r"strength = 0\.5"):
        Translator(base).compare(["Salz"], [tmp_path / "dora"], strengths=[0.5])


@pytest.mark.parametrize(
    ("layers", "part", "count"),
    [("1", "all", 5), (None, "encoder", 4), ("0-1", "decoder", 6), (None, "cross-attention", 2)],
)
def test_only_the_chosen_layers_are_adapted(base, layers, part, count):
    targets = resolve_targets(TARGETS, base.config)
    assert len(select_layers(targets, layers, part, base.config)) == count


def test_a_run_adapts_only_the_chosen_layers(base, pairs_file, tmp_path):
    folder = train(base, pairs_file, tmp_path / "run", layers="1", part="decoder")
    paths = adapted_paths(folder)
    assert len(paths) == 3
    assert all(path.startswith("decoder.block.1.") for path in paths)
    assert read_adapter(folder, base.config).matrices.keys() == set(paths)


@pytest.mark.parametrize(
    "settings",
    [{"layers": "x"}, {"part": "head"}, {"init": "pissa", "use_dora": True}, {"init": "magic"}],
)
def test_settings_that_do_not_go_together_are_refused(settings):
    with pytest.raises(ValueError, match="Training settings"):
        TrainConfig(steps=1, **settings)


def test_layers_that_a_model_lacks_are_refused():
    config = T5Config(40, 8, 4, 16, 2, 2, 2)
    with pytest.raises(ValueError, match="2 in the encoder"):
        select_layers(("q",), "7", "all", config)
    assert select_layers(("q",), None, "all", replace(config, num_layers=1)) == ("q",)


def test_a_merged_dora_differs_from_its_base(base, tmp_path):
    model = of_peft(base, use_dora=True)
    randomise(model)
    model.save_pretrained(tmp_path / "dora")
    merge_adapter(base, read_adapter(tmp_path / "dora", base.config), tmp_path / "merged")
    name = "encoder.block.0.layer.0.SelfAttention.q.weight"
    files, old = read_index(tmp_path / "merged"), read_index(base.folder)
    assert not np.allclose(read_tensor(files[name], name), read_tensor(old[name], name))
