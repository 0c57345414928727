"""How many cores and hours so many articles take, from a measured rate.

python benchmarks/sizing.py RATE [--efficiency 0.9] [--articles 10e6 1e9] [--cores 2 64 1024] [--hours 8 24]

RATE is articles a second of one core, such as `python benchmarks/engines.py --threads 1` measures on the machine that
is to do the work. The efficiency is the share of it that is left when many work at a time:
hours = articles / (3600 x rate x efficiency x cores).
"""

from __future__ import annotations

import argparse
import math


def main() -> None:
    """Print the hours that numbers of cores take, and the cores that numbers of hours need."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("rate", type=float, help="articles a second of one core")
    parser.add_argument("--efficiency", type=float, default=0.9, help="share of it that many cores keep (default: 0.9)")
    parser.add_argument("--articles", type=float, nargs="+", default=[10e6, 1e9])
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 16, 64, 256, 1024])
    parser.add_argument("--hours", type=float, nargs="+", default=[1, 8, 24, 168])
    options = parser.parse_args()
    if not (options.rate > 0 and 0 < options.efficiency <= 1):
        parser.error(f"rate {options.rate}, efficiency {options.efficiency}: must be above 0, the latter at most 1")
    rate = options.rate * options.efficiency
    wholes = [count_core_hours(articles, rate) for articles in options.articles]
    print(f"{options.rate:g} articles/s a core, of which {options.efficiency:.0%} is kept\n")
    print("| | " + " | ".join(f"{articles:,.0f} articles" for articles in options.articles) + " |")
    print("|---|" + "---:|" * len(options.articles))
    print("| core hours | " + " | ".join(f"{whole:,.0f}" for whole in wholes) + " |")
    for cores in options.cores:
        print(f"| hours on {cores:,} cores | " + " | ".join(f"{whole / cores:,.1f}" for whole in wholes) + " |")
    for hours in options.hours:
        print(
            f"| cores for {hours:g} hours | " + " | ".join(f"{math.ceil(whole / hours):,}" for whole in wholes) + " |"
        )


def count_core_hours(articles: float, rate: float) -> float:
    """Return how many hours one core takes."""
    return articles / rate / 3600


if __name__ == "__main__":
    main()
