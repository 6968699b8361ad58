"""PEFT as the judge: adapters that it saves, and what it merges them to."""

import numpy as np
import pytest

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.merging import merge_adapter
from lora_demo.checkpoints.tensors import read_index, read_tensor

peft = pytest.importorskip("peft")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


def fresh(base):
    return transformers.T5ForConditionalGeneration.from_pretrained(base.folder, dtype=torch.float32)


def make_with_peft(base, folder, **settings):
    """Save an adapter of PEFT with random values in every LoRA tensor."""
    config = peft.LoraConfig(**{"task_type": "SEQ_2_SEQ_LM", "r": 4, "lora_alpha": 6, **settings})
    model = peft.get_peft_model(fresh(base), config)
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        if "lora_A" in name or "lora_B" in name:
            parameter.data = 0.1 * torch.randn(parameter.shape, generator=generator)
        if "lora_magnitude" in name:
            parameter.data = parameter.data * (1 + 0.2 * torch.rand(parameter.shape))
    model.save_pretrained(folder)
    return folder


def merged_by_peft(base, folder):
    model = peft.PeftModel.from_pretrained(fresh(base), folder).merge_and_unload()
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def merged_here(base, folder, output):
    merge_adapter(base, read_adapter(folder, base.config), output)
    return {name: read_tensor(file, name) for name, file in read_index(output).items()}


def assert_merge_alike(base, folder, output):
    expected = merged_by_peft(base, folder)
    here = merged_here(base, folder, output)
    assert any(
        not np.array_equal(array, read_tensor(file, name))
        for name, file in read_index(base.folder).items()
        if (array := here.get(name)) is not None
    )
    for name, array in here.items():
        np.testing.assert_allclose(array, expected[name], atol=2e-6, err_msg=name)
