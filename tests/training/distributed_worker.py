"""One of two processes that train together: `test_distributed.py` starts both with its rank and their folder."""

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import torch
import torch.distributed as dist

from thaigov_events.annotations import files
from thaigov_events.training import distillation, train
from thaigov_events.training.distributed import Processes

BROKEN_OFF_IN = 2


def refuse(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("only the first process may do this")


def run(*arguments: str) -> None:
    sys.argv = ["train", *arguments]
    train.main()


def add_gradients(processes: Processes) -> list[list[float] | None]:
    """One parameter has a gradient in both processes, one in the second only, one in none."""
    parameters = [torch.nn.Parameter(torch.zeros(2)) for _ in range(3)]
    parameters[0].grad = torch.tensor([1.0, 2.0]) * (1 + processes.rank)
    if processes.rank:
        parameters[1].grad = torch.tensor([5.0, 6.0])
    processes.sum_gradients(parameters)
    return [None if p.grad is None else p.grad.tolist() for p in parameters]


def main() -> None:
    rank, folder = int(sys.argv[1]), Path(sys.argv[2])
    # a file to meet in, since torch's own store listens on all of a machine's addresses
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    (folder / f"gradients-{rank}.json").write_text(json.dumps(add_gradients(Processes(rank, 2))))
    if rank:
        files.replace_safely = refuse
        distillation.load_teachers = refuse
    run(str(folder / "whole.toml"))
    epoch = train.Trainer._epoch

    def break_off(self: train.Trainer, number: int) -> tuple[float, float]:
        if number == BROKEN_OFF_IN:
            raise KeyboardInterrupt
        return epoch(self, number)

    train.Trainer._epoch = break_off  # type: ignore[method-assign]
    try:
        run(str(folder / "broken.toml"))
    except KeyboardInterrupt:
        train.Trainer._epoch = epoch  # type: ignore[method-assign]
    run(str(folder / "broken.toml"), "--resume")
    run(str(folder / "student.toml"))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
