"""The shop whose traffic the benchmarks use: its flags, its customers, and what they checked. Seeded throughout."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evaluator import MISSING, Context

Json = dict[str, Any]

FLAG: Final = "new-checkout"
NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
COUNTRIES: Final = ("US", "DE", "FR", "AT", "BE", "CH", "CZ", "DK", "ES", "FI", "GB", "IE", "IT", "NO", "PT", "SE")
PLANS: Final = ["free", "pro", "enterprise", MISSING]
VERSIONS: Final = [
    *(f"{major}.{minor}.{patch}" for major in (1, 2, 3) for minor in range(9) for patch in range(10)),
    "nightly",
    "",
    "3.x",
]
MAIL_HOSTS: Final = ["acme.dev", "gmail.com", "corp.example", "mail.test"]
SIGNUPS: Final = [str((datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()) for day in range(1008)]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Customers and contexts as codes into the lists above. Some customers update their app and come back.

    ``subjects`` and ``versions`` have one entry per context, ``checks`` how often it asked; the other columns have one
    entry per customer.
    """

    subjects: NDArray[np.int32]
    versions: NDArray[np.int32]
    checks: NDArray[np.int64]
    countries: NDArray[np.int32]
    plans: NDArray[np.int32]
    mail_hosts: NDArray[np.int32]
    signups: NDArray[np.int32]

    def context(self, row: int) -> Context:
        """One context as the evaluator takes it."""
        customer = int(self.subjects[row])
        properties = {
            "country": COUNTRIES[self.countries[customer]],
            "plan": PLANS[self.plans[customer]],
            "email": email(customer, int(self.mail_hosts[customer])),
            "app_version": VERSIONS[self.versions[row]],
            "signup_date": SIGNUPS[self.signups[customer]],
        }
        return Context(subject(customer), {name: value for name, value in properties.items() if value is not MISSING})


def subject(customer: int) -> str:
    """A customer's distinct id."""
    return f"user-{customer:07d}"


def email(customer: int, host: int) -> str:
    """A customer's address."""
    return f"u{customer}@{MAIL_HOSTS[host]}"


def generate(checks: int, seed: int) -> Traffic:
    """So many checks by a tenth as many customers; few of them make most checks (Zipf, exponent 1.05)."""
    rng = np.random.default_rng(seed)
    customers = max(checks // 10, 1)
    weights = 1 / np.arange(1, customers + 1) ** 1.05
    per_customer = rng.permutation(rng.multinomial(checks - customers, weights / weights.sum()) + 1)
    updates = (rng.random(customers) < 0.3) & (per_customer > 1)
    later = np.zeros(customers, dtype=np.int64)
    later[updates] = np.maximum(1, rng.binomial(per_customer[updates] - 1, 0.5))
    subjects = np.concatenate((np.arange(customers), np.flatnonzero(updates))).astype(np.int32)
    few = np.full(len(COUNTRIES) - 3, 0.45 / (len(COUNTRIES) - 3))
    return Traffic(
        subjects=subjects,
        versions=rng.integers(0, len(VERSIONS), len(subjects), dtype=np.int32),
        checks=np.concatenate((per_customer - later, later[updates])),
        countries=rng.choice(len(COUNTRIES), customers, p=[0.3, 0.15, 0.1, *few]).astype(np.int32),
        plans=rng.choice(len(PLANS), customers, p=[0.6, 0.29, 0.1, 0.01]).astype(np.int32),
        mail_hosts=rng.choice(len(MAIL_HOSTS), customers, p=[0.02, 0.5, 0.28, 0.2]).astype(np.int32),
        signups=rng.integers(0, len(SIGNUPS), customers, dtype=np.int32),
    )


def flag_before() -> Json:
    """The flag as it is: two audiences at 30 %, three variants."""
    return _flag(FLAG, [_pro(["DE", "FR"], 30), _staff("2.0.0", 30)], [50, 25, 25])


def flag_after(share: float = 50) -> Json:
    """A change of everything: wider and narrower filters, another rollout, a third audience, other weights."""
    recent = _condition([_filter("signup_date", "is_date_after", "2025-06-01")], 20)
    return _flag(FLAG, [_pro(["DE", "FR", "NO"], share), _staff("2.4.0", share), recent], [40, 30, 30])


def feed(*flags: Json) -> Json:
    """The flags as SDKs download them."""
    return {"flags": list(flags), "cohorts": {}, "group_type_mapping": {}}


def hundred_flags(seed: int) -> Json:
    """A hundred flags of the same build, with other countries, versions and rollouts."""
    random = Random(seed)
    return feed(
        *(
            _flag(
                f"flag-{number}",
                [
                    _pro(random.sample(COUNTRIES, k=3), random.choice([10, 30, 50])),
                    _staff(random.choice(VERSIONS[:-3]), random.choice([10, 30, 50])),
                ],
                random.choice([[50, 50], [34, 33, 33], [100]]),
            )
            for number in range(100)
        )
    )


def _pro(countries: list[str], share: float) -> Json:
    return _condition([_filter("country", "exact", countries), _filter("plan", "exact", ["pro"])], share)


def _staff(version: str, share: float) -> Json:
    return _condition([_filter("email", "icontains", "@corp"), _filter("app_version", "semver_gte", version)], share)


def _flag(key: str, groups: list[Json], weights: list[float]) -> Json:
    shares = [
        {"key": name, "rollout_percentage": share}
        for name, share in zip(("control", "fast", "slow"), weights, strict=False)
    ]
    return {"key": key, "active": True, "filters": {"groups": groups, "multivariate": {"variants": shares}}}


def _condition(filters: list[Json], share: float) -> Json:
    return {"properties": filters, "rollout_percentage": share}


def _filter(key: str, operator: str, value: Any) -> Json:
    return {"key": key, "type": "person", "operator": operator, "value": value}
