"""The terms that the page explains, each in one or two sentences."""

from lora_demo.language import N_, _

TERMS = {
    N_("LoRA"): N_(
        "Low-rank adaptation. The matrices W of the base stay as they are, and only the small "
        "matrices A and B of an update s · B A are trained."
    ),
    N_("base"): N_(
        "The model without an adapter. Training an adapter does not change its weights."
    ),
    N_("adapter"): N_(
        "The trained matrices A and B, in a file of their own. It works only together with the "
        "base that it was trained on."
    ),
    N_("rank"): N_(
        "The number r of columns of B and of rows of A. A higher rank trains more parameters and "
        "allows a larger change of W."
    ),
    N_("alpha"): N_(
        "The setting that scales the update: s = alpha / rank. Twice the rank is a usual choice."
    ),
    N_("adapted matrices"): N_(
        "The matrices of the base that get an update. q and v belong to the attention; all-linear "
        "takes every matrix of attention and feed-forward layers."
    ),
    N_("parameter"): N_(
        "One number inside a model or an adapter. Training an adapter changes only the adapter's "
        "own parameters."
    ),
    N_("token"): N_("A word or a piece of a word: the unit that the model reads and writes."),
    N_("pair"): N_("A German sentence with its English translation."),
    N_("held-out"): N_(
        "Pairs that are never trained on. They show how well the adapter translates new "
        "sentences, and they choose the best step of a run."
    ),
    N_("probe sentences"): N_(
        "A few sentences, some of them your own, that are translated again at every evaluation. "
        "Sentences from the data are never used for training."
    ),
    N_("everyday sentences"): N_(
        "A fixed set of common sentences that every run translates. Their score shows whether the "
        "adapter loses what the base could do."
    ),
    N_("loss"): N_(
        "A measure of how unlikely the model finds the right translation: a mean over its tokens. "
        "Training makes it smaller."
    ),
    N_("learning rate"): N_(
        "The size of the change at each step. A low rate learns slowly, and a rate that is too "
        "high destroys what was learned."
    ),
    N_("step"): N_("One update of A and B. It uses one batch, or several with accumulation."),
    N_("batch"): N_(
        "The pairs that the model sees at the same time. Larger batches give steadier updates, "
        "but an epoch has fewer of them."
    ),
    N_("epoch"): N_("One pass over all training pairs."),
    N_("warm-up"): N_("The first part of the steps, in which the learning rate rises from zero."),
    N_("dropout"): N_(
        "The share of the adapter's inputs that are set to zero at random during training. It "
        "makes memorising harder."
    ),
    N_("patience"): N_(
        "The number of evaluations without a lower loss after which a run stops early. With 0, it "
        "never stops early."
    ),
    N_("seed"): N_(
        "The number from which all random choices follow. The same seed gives the same choices."
    ),
    N_("replay"): N_(
        "The share of each batch that comes from general pairs, so that the adapter keeps what "
        "the base could do."
    ),
    N_("sweep"): N_("Several runs that differ in one setting, such as the rank."),
    N_("overfitting"): N_(
        "The adapter memorises its training pairs: their loss falls while the loss of held-out "
        "pairs rises."
    ),
    N_("forgetting"): N_(
        "The adapter learns one kind of sentence and gets worse on others that the base could "
        "translate better."
    ),
    N_("chrF"): N_(
        "A score from 0 to 100: how many short pieces of characters a translation shares with the "
        "reference. Higher is better."
    ),
    N_("BLEU"): N_(
        "A score from 0 to 100: how many sequences of one to four words a translation shares with "
        "the reference. Higher is better."
    ),
    N_("TER"): N_(
        "The edits that turn a translation into the reference, in percent of the reference's "
        "words. Lower is better."
    ),
    N_("p"): N_(
        "The probability of a difference this large if both systems were equally good. Below "
        "0.05, the page calls the difference significant."
    ),
    N_("signature"): N_(
        "The settings of a score in one line. Compare two scores only if their signatures are "
        "the same."
    ),
    N_("reference"): N_(
        "A known translation of a sentence. Scores compare the model's translation with it."
    ),
    N_("beam"): N_(
        "A translation that the search keeps as a candidate. With 1 beam the model always takes "
        "the likeliest next token."
    ),
    N_("strength"): N_("A factor on the update of an adapter: 0 is the base, 1 is as trained."),
    N_("combine"): N_(
        "Add the updates of several adapters, each times a weight. The exact sum is an adapter "
        "whose rank is the sum of their ranks."
    ),
    N_("merge"): N_(
        "Add the update to W itself. The result is a whole model that translates without an "
        "adapter."
    ),
    N_("singular value"): N_(
        "The strength of one of the components of an update. The r strongest components make the "
        "closest update of rank r."
    ),
    N_("Frobenius norm"): N_(
        "The size of a matrix: the square root of the sum of its squared numbers."
    ),
    N_("optimizer"): N_(
        "The rule that makes an update from a gradient, here AdamW. It keeps two more numbers for "
        "each trained parameter."
    ),
    N_("DoRA"): N_(
        "LoRA that also trains the length of each output of W, separately from its direction."
    ),
    N_("rsLoRA"): N_("LoRA with the scale alpha / √rank instead of alpha / rank."),
}
"""Term -> what it means. The keys are written as in the middle of a sentence."""


def explain(term: str) -> str:
    """Return the explanation of a term.

    Args:
        term: One of `TERMS`.

    Raises:
        ValueError: If the glossary has no such term.
    """
    if term not in TERMS:
        raise ValueError(f"The glossary has no term {term!r}. Add it to TERMS.")
    return _(TERMS[term])
