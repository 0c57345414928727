"""The processes that train together, on one machine or several.

A launcher starts them (torchrun, accelerate, Ray Train). Each holds the whole network and computes its share of an
update's micro-batches; the gradients are summed, so that all take the same step. The first one evaluates and alone
writes files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from thaigov_events.training.hardware import choose_device

P = ParamSpec("P")
T = TypeVar("T")

# Others wait while the first one evaluates or asks teachers. If one dies, the launcher ends all.
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Processes:
    """A process's place among those that train together.

    Attributes:
        rank: its number, from 0.
        count: how many there are.
    """

    rank: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.count:
            raise ValueError(f"rank {self.rank} of {self.count} processes: ranks are counted from 0")

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that evaluates, tells and writes."""
        return self.rank == 0

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """Return those of `items`, the same in all processes, that are this one's."""
        return items[self.rank :: self.count]

    def add_up(self, values: Tensor) -> Tensor:
        """Return the sum of all processes' `values`, which have one shape; they are overwritten."""
        if self.count > 1:
            dist.all_reduce(values)
        return values

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Give each parameter the sum of its gradients in all processes, or none where it has none in any."""
        if self.count == 1:
            return
        learnt = [parameter for parameter in parameters if parameter.requires_grad]
        gradients = [p.new_zeros(p.numel()) if p.grad is None else p.grad.reshape(-1) for p in learnt]
        # An optimiser moves a parameter with a gradient of zeros, but not one without any: so tell them apart.
        present = learnt[0].new_tensor([p.grad is not None for p in learnt])
        summed = self.add_up(torch.cat([*gradients, present]))
        *parts, holders = torch.split(summed, [*(p.numel() for p in learnt), len(learnt)])
        for parameter, part, holding in zip(learnt, parts, holders.tolist(), strict=True):
            parameter.grad = part.view_as(parameter) if holding else None

    def call_first(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Let the first process call `function` while the others wait; return its result, pickled, in all."""
        if self.count == 1:
            return function(*args, **kwargs)
        results: list[Any] = [function(*args, **kwargs) if self.is_first else None]
        dist.broadcast_object_list(results)
        return results[0]  # type: ignore[no-any-return]

    def check_start(self, progress: dict[str, Any], *, folder: Path) -> None:
        """See that all begin a run in one state.

        Args:
            progress: settings, hashes of the data, and how far the run is.
            folder: of the run.

        Raises:
            ValueError: in each process whose state is not the first one's.
        """
        if self.call_first(lambda: progress) != progress:
            raise ValueError(
                f"{folder}: process {self.rank} finds other settings, data or another checkpoint than the first one; "
                "give all the same options, and folders that all share"
            )


ALONE = Processes()


@contextmanager
def join_processes() -> Iterator[Processes]:
    """Meet the other processes, over NCCL on GPUs and gloo on CPUs; without a launcher there are none.

    A group that the process is in already, as under Ray Train, is taken and left as it is.
    """
    if dist.is_initialized():
        yield Processes(dist.get_rank(), dist.get_world_size())
    elif int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield ALONE
    else:
        backend = "nccl" if choose_device().type == "cuda" else "gloo"
        dist.init_process_group(backend, timeout=LONGEST_WAIT)
        yield Processes(dist.get_rank(), dist.get_world_size())
        # Not after an error: leaving may wait for processes that still wait for this one.
        dist.destroy_process_group()
