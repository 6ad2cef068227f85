"""The sample: a stable share of the subjects, the same for every flag and unlike any of them."""

import pytest

from evaluator.hashing import SCALE, rollout_hash, variant_hash
from mcp_server.traffic.sampling import Sampling

IDS = [f"user-{number}" for number in range(20_000)]


@pytest.mark.parametrize("ppm", [10_000, 250_000, 900_000])
def test_the_share_is_the_one_asked_for(ppm: int) -> None:
    kept = sum(Sampling(ppm, b"salt").keeps("production", name) for name in IDS)
    deviation = (len(IDS) * ppm / 1e6 * (1 - ppm / 1e6)) ** 0.5
    assert abs(kept - len(IDS) * ppm / 1e6) < 4 * deviation


def test_everybody_and_nobody() -> None:
    assert all(Sampling().keeps("production", name) for name in IDS[:100])
    assert not any(Sampling(0).keeps("production", name) for name in IDS[:100])


def test_a_bigger_sample_holds_the_smaller_one() -> None:
    small, big = Sampling(100_000, b"salt"), Sampling(200_000, b"salt")
    assert all(big.keeps("production", name) for name in IDS if small.keeps("production", name))


def test_salt_and_environment_choose_other_subjects() -> None:
    samples = [
        {name for name in IDS if Sampling(500_000, salt).keeps(environment, name)}
        for salt, environment in ((b"a", "production"), (b"b", "production"), (b"a", "staging"))
    ]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert 0.45 < len(samples[one] & samples[other]) / len(samples[one]) < 0.55


def test_an_id_with_half_a_surrogate_pair_is_sampled_like_any_other() -> None:
    assert Sampling(999_999).keeps("production", "\ud800") in (True, False)


@pytest.mark.parametrize("place", [rollout_hash, variant_hash])
def test_the_sample_holds_the_same_shares_of_a_flags_buckets_as_the_whole(place: object) -> None:
    assert callable(place)
    sampling = Sampling(200_000, b"salt")
    sample = [name for name in IDS if sampling.keeps("production", name)]
    for flag in ("checkout", "search"):
        in_tenth = [0] * 10
        for name in sample:
            in_tenth[place(flag, name) * 10 // SCALE] += 1
        even = len(sample) / 10
        chi_square = sum((count - even) ** 2 / even for count in in_tenth)
        assert chi_square < 27.9  # 9 degrees of freedom, p = 0.001
