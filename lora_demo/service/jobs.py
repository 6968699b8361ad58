"""Training runs on Hugging Face Jobs: start, prices, and the processes that follow them."""

import math
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lora_demo.checkpoints.hub_advice import advise_for
from lora_demo.formatting import format_duration
from lora_demo.hub.flavors import Flavor, list_flavors
from lora_demo.hub.job_files import MAX_DATA_BYTES, check_portable
from lora_demo.hub.jobs import JobOrder, order_job
from lora_demo.language import N_, _
from lora_demo.service.hub_account import can_sign_in, hub_token, pull_token
from lora_demo.service.training_queue import TrainingQueue
from lora_demo.service.trainings import Trainings
from lora_demo.service.visitor_folders import VisitorFolders
from lora_demo.training.request import TrainRequest
from lora_demo.training.run import Run
from lora_demo.training.runs import create, list_runs

HERE, JOBS = "here", "hf-jobs"
MIN_HOURS, MAX_HOURS = 0.05, 24
DEFAULT_FLAVOR = "t4-small"
TRANSFERRED = N_(
    "A Job receives the settings, your file of pairs if you chose one "
    "(up to {megabytes} MB), this page's code, and your token as a secret of the "
    "Job. They are stored in lora-demo-jobs, a private data set in your account. The adapter is "
    "stored in a private repository in your account and appears among your adapters here."
)
"""The part of the agreement that does not depend on the price, see `transferred`."""


def transferred() -> str:
    """Return the part of the agreement that does not depend on the price."""
    return _(TRANSFERRED, megabytes=MAX_DATA_BYTES // 10**6)


@dataclass(frozen=True)
class Offer:
    """A machine at a price.

    Args:
        flavor: Name of the machine on Jobs.
        dollars: Price per hour.
        hours: Time after which the Job is stopped.
    """

    flavor: str
    dollars: float
    hours: float

    @property
    def sentence(self) -> str:
        """The sentence that the visitor agrees to."""
        return _(
            "I agree: {flavor} at ${dollars:.2f} per hour, stopped after at most "
            "{hours:g} h (${total:.2f} at most), billed to my account. The data "
            "above is sent to Hugging Face.",
            flavor=self.flavor,
            dollars=self.dollars,
            hours=self.hours,
            total=self.dollars * self.hours,
        )


@dataclass(frozen=True)
class HubAccess:
    """A visitor's sign-in for one action on the Hub.

    Args:
        signed_in: Token of the sign-in on a Space.
        given: Token that the visitor typed.
        until: Time at which the sign-in ends, in seconds since the epoch.
    """

    signed_in: str = ""
    given: str = ""
    until: float = math.inf


@dataclass(frozen=True)
class Jobs:
    """Runs on Hugging Face Jobs, each followed by a process of this machine.

    Args:
        account: Whose token the page uses, as in `sharing.account_of`.
        trainings: The runs of visitors.
        queue: Knows which Jobs are followed now, and their limit.
        visitors: The folders of the visitors.
    """

    account: str
    trainings: Trainings
    queue: TrainingQueue
    visitors: VisitorFolders

    @property
    def is_available(self) -> bool:
        """True if visitors can have an account here that starts Jobs."""
        return can_start_jobs(self.account)

    def flavors(self, access: HubAccess) -> list[Flavor]:
        """List the machines with their prices, the cheapest first.

        Args:
            access: The visitor's sign-in.

        Raises:
            ValueError: If the Hub does not answer.
        """
        with advise_for(self.account):
            return list_flavors(pull_token(self.account, access.signed_in))

    def start(
        self,
        request: TrainRequest,
        data: str,
        visitor: str,
        offer: Offer,
        access: HubAccess = HubAccess(),
        on: str = JOBS,
    ) -> Run:
        """Start a run on a Job, and a process that follows it. It does not wait in the queue.

        Args:
            request: The visitor's choices, with one rank.
            data: Source of the pairs.
            visitor: The visitor's key.
            offer: The offer that the visitor agreed to. Nothing starts at a higher price.
            access: The visitor's sign-in or token.
            on: The chosen place, which must be `JOBS`.

        Returns:
            The new run.

        Raises:
            ValueError: If a setting is out of range, or the visitor is not signed in.
        """
        self._check_place(on)
        _check_offer(offer)
        config, *others = self.trainings.configs(request, data, visitor)
        if others:
            raise ValueError(_("A Job trains one rank. Choose one, or train the sweep here."))
        check_portable(config)
        token = hub_token(self.account, access.signed_in, access.given, "train on Jobs")
        _check_sign_in(access, offer.hours)
        self.queue.limits.check_jobs(len(self.queue.followed_jobs()))
        run = create(config, self.visitors.writable_folder(visitor))
        minutes = round(60 * offer.hours)
        order_job(run, JobOrder(offer.flavor, f"{minutes}m", dollars=offer.dollars))
        run.resume(token)
        return run

    def resume(self, id: str, visitor: str, access: HubAccess = HubAccess()) -> Run:
        """Resume a run of this machine, or follow the Job of a run again.

        Args:
            id: Id of the run.
            visitor: The visitor's key.
            access: The visitor's sign-in or token, for a run on Jobs.

        Returns:
            The run.

        Raises:
            ValueError: If the run is active, or its Job needs a token.
        """
        token = None
        if self.trainings.find(id, visitor).job:
            token = hub_token(self.account, access.signed_in, access.given, "follow the Job")
        return self.trainings.resume(id, visitor, token)

    def reattach(self, runs: Iterable[Run], access: HubAccess = HubAccess()) -> None:
        """Follow Jobs again whose follower ended with its app, if there is a token for them.

        Args:
            runs: Runs of one or more visitors.
            access: The visitor's sign-in.
        """
        for run in runs:
            if run.job and "id" in run.job and run.state == "killed":
                with suppress(ValueError):
                    self.trainings.follow(run, hub_token(self.account, access.signed_in, ""))

    def _check_place(self, on: str) -> None:
        if on != JOBS:
            raise ValueError(
                _("on = {on!r} (must be {here} or {jobs}).", on=on[:40], here=HERE, jobs=JOBS)
            )
        if not self.is_available:
            raise ValueError(
                _(
                    "Visitors cannot sign in for Jobs here: the README of this Space needs "
                    "`hf_oauth: true` and the scope `jobs`."
                )
            )


def _check_offer(offer: Offer) -> None:
    if not MIN_HOURS <= offer.hours <= MAX_HOURS:
        raise ValueError(
            _(
                "hours = {hours:g} (must be from {min_hours} to {max_hours}).",
                hours=offer.hours,
                min_hours=MIN_HOURS,
                max_hours=MAX_HOURS,
            )
        )
    if not offer.dollars > 0:
        raise ValueError(
            _(
                "dollars: give the price per hour that you agree to. train_machines lists "
                "the prices."
            )
        )


def _check_sign_in(access: HubAccess, hours: float) -> None:
    if time.time() + 3600 * hours > access.until:
        left = format_duration(access.until - time.time())
        raise ValueError(
            _(
                "Your sign-in ends in {left}, possibly before the Job ends. Choose fewer hours, "
                "or sign out and sign in again.",
                left=left,
            )
        )


def can_start_jobs(account: str) -> bool:
    """Check whether the account of visitors can start Jobs.

    Args:
        account: As in `sharing.account_of`.
    """
    if account != "space":
        return True
    return can_sign_in() and "jobs" in os.environ["OAUTH_SCOPES"].replace(",", " ").split()


def default_flavor(flavors: list[Flavor]) -> str | None:
    """Return the machine to suggest: a small GPU, else the cheapest.

    Args:
        flavors: The machines, the cheapest first.
    """
    names = [flavor.name for flavor in flavors]
    if DEFAULT_FLAVOR in names:
        return DEFAULT_FLAVOR
    return names[0] if names else None


def all_runs(root: Path) -> Iterator[Run]:
    """Iterate over the runs of all visitors.

    Args:
        root: Holds a folder for each visitor.
    """
    for folder in root.glob("*"):
        yield from list_runs(folder)
