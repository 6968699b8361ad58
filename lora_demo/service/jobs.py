"""A run on Hugging Face Jobs for a visitor: who can have one, what it costs, what is agreed to, and who follows it."""

import math
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from lora_demo.hub.flavors import Flavor, list_flavors
from lora_demo.hub.job_files import MAX_DATA_BYTES, check_portable
from lora_demo.hub.jobs import JobOrder, order_job
from lora_demo.service.durations import duration
from lora_demo.service.hub_account import can_sign_in, hub_token, pull_token, with_advice_for
from lora_demo.service.studio import Studio
from lora_demo.training.request import TrainRequest
from lora_demo.training.runs import Run, create, list_runs

HERE, JOBS = "here", "hf-jobs"
MOST_HOURS = 24
USUAL = "t4-small"
TRAVELS = (
    f"To a Job go the settings, a file of pairs if you chose one (up to {MAX_DATA_BYTES // 10**6} MB), this page's code, and your token as a secret of the Job. "
    "They travel through lora-demo-jobs, a private data set under your name; the adapter comes to a private repository of its name there, and among your adapters here."
)
"""What a visitor agrees to beside the price."""


@dataclass(frozen=True)
class Offer:
    """A machine at a price: `dollars` an hour, for `hours` at most."""

    flavor: str
    dollars: float
    hours: float

    @property
    def sentence(self) -> str:
        """What is agreed to."""
        return f"I agree: {self.flavor} at ${self.dollars:.2f} an hour, ended after {self.hours:g} h at the latest (${self.dollars * self.hours:.2f} at most), billed to my account; the above goes there"


def can_train(account: str) -> bool:
    """Whether visitors can have an account here by which Jobs are started."""
    return (
        account != "space"
        or can_sign_in()
        and "jobs" in os.environ["OAUTH_SCOPES"].replace(",", " ").split()
    )


def offers(studio: Studio, signed_in: str) -> list[Flavor]:
    """The machines on offer, the cheapest first."""
    try:
        return list_flavors(pull_token(studio.account, signed_in))
    except ValueError as error:
        raise with_advice_for(studio.account, error) from None


def usual(flavors: list[Flavor]) -> str | None:
    """The machine to begin with: a small GPU, else the cheapest."""
    return next((f.name for f in flavors if f.name == USUAL), flavors[0].name if flavors else None)


def start(
    studio: Studio,
    request: TrainRequest,
    data: str,
    visitor: str,
    offer: Offer,
    on: str = JOBS,
    signed_in: str = "",
    given: str = "",
    until: float = math.inf,
) -> Run:
    """Starts a run on a Job, in a process that follows it; nothing here waits in line for that.

    Args:
        offer: what the visitor has agreed to; a higher price starts nothing.
        signed_in, given: the token of a Space's sign-in, which ends at the time `until`, and one that was typed in.
    Raises:
        ValueError: for settings that cannot be, or no account.
    """
    if on != JOBS:
        raise ValueError(f"on = {on[:40]!r} (wanted: {HERE} or {JOBS}).")
    if not can_train(studio.account):
        raise ValueError(
            "Nobody can sign in for Jobs here: the README of this Space needs `hf_oauth: true` and the scope `jobs`."
        )
    if not 0.05 <= offer.hours <= MOST_HOURS:
        raise ValueError(f"hours = {offer.hours:g} (wanted: 0.05 to {MOST_HOURS}).")
    if not offer.dollars > 0:
        raise ValueError(
            "dollars: name the price an hour that you agree to; train_machines tells what each machine costs."
        )
    config, *others = studio.configs(request, data, here=False)
    if others:
        raise ValueError("A Job trains one rank: give one, or train the sweep here.")
    check_portable(config)
    token = hub_token(studio.account, signed_in, given, "train on Jobs")
    if time.time() + 3600 * offer.hours > until:
        raise ValueError(
            f"The sign-in ends in {duration(until - time.time())}, and the Job might come after it: take fewer hours, or sign out and in again."
        )
    studio.training_queue.limits.check_jobs(len(studio.training_queue.followed_jobs()))
    run = create(config, studio.room_of(visitor))
    minutes = round(60 * offer.hours)
    order_job(run, JobOrder(offer.flavor, f"{minutes}m", dollars=offer.dollars))
    run.resume(token)
    return run


def resume(studio: Studio, id: str, visitor: str, signed_in: str = "", given: str = "") -> Run:
    """Goes on with a run of this machine, or follows one on Jobs further."""
    run = studio.run(id, visitor)
    return studio.resume(
        id,
        visitor,
        hub_token(studio.account, signed_in, given, "follow the Job") if run.job else None,
    )


def reattach(studio: Studio, runs: Iterable[Run], signed_in: str = ""):
    """Follows Jobs further whose follower is gone with its app, where there is a token for that."""
    for run in runs:
        if run.job and "id" in run.job and run.state == "killed":
            with suppress(ValueError):
                studio.follow(run, hub_token(studio.account, signed_in, ""))


def all_runs(studio: Studio) -> Iterator[Run]:
    """Everybody's runs."""
    for folder in studio.root.glob("*"):
        yield from list_runs(folder)
