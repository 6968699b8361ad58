"""The reports of the scripts for load and for long runs."""

from tests.benchmarks.load import Crowd, Measures, Visitor
from tests.benchmarks.load_table import table
from tests.benchmarks.soak import Part, faults


def part(ended_by="SIGTERM", memory=100, left=(), wrong=()):
    return Part(ended_by, memory, 10, 10, list(left), list(wrong))


def test_mixed_texts_have_very_different_lengths_and_are_the_same_for_one_seed():
    def texts(seed):
        crowd = Crowd(40, 1, seed, mixed=True)
        visitors = [Visitor(n, crowd, None, Measures()) for n in range(40)]
        return [text for visitor in visitors for text in visitor.texts]

    lengths = sorted(len(text.split()) for text in texts(1))
    assert lengths[0] <= 3 and lengths[-1] >= 60
    assert texts(1) == texts(1) != texts(2)
    assert max(map(len, texts(1))) <= 5000


def test_a_soak_is_at_fault_if_memory_grows_or_something_is_left():
    assert faults([part(), part("SIGKILL", left=["a"]), part(), part("SIGKILL", left=["b"])]) == []
    assert faults([part(), part(memory=130)]) == ["memory grows"]
    assert faults([part(left=["a"])]) == ["left after SIGTERM: ['a']"]
    assert "folders of killed apps stay" in faults([part("SIGKILL", left=["a", "b"])])
    assert faults([part(wrong=["translate: x"])]) == ["translate: x"]


def test_the_table_names_percentiles_refusals_and_wrong_answers():
    measures = Measures()
    measures.seconds["page"] = [1.0, 3.0, 2.0]
    measures.refused["translate: busy"] = 2
    measures.wrong.append("translate: x")
    lines = table(measures).splitlines()
    assert lines[1].split() == ["page", "3", "2.00", "2.00", "3.00"]
    assert "refused 2 x translate: busy" in lines
    assert lines[-2:] == ["wrong or missing answers: 1", "translate: x"]
