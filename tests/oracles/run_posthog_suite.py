"""Runs PostHog's own tests of its SDK with Drysail's local profile in the place of the SDK's evaluator.

    make posthog-suite

The tests ship within the package ``posthog``. Arguments are passed on to pytest.
"""

import sys
from contextlib import chdir
from importlib.metadata import version
from tempfile import TemporaryDirectory

import pytest

PINNED = "7.91.1"
MODULES = [
    "test_feature_flags",
    "test_feature_flags_regex",
    "test_property_matching_version",
    "test_feature_flag_result",
    "test_evaluate_flags",
]


def main() -> int:
    if version("posthog") != PINNED:
        print(f"The suite of posthog {PINNED} is needed; {version('posthog')} is installed.", file=sys.stderr)  # noqa: T201
        return 2
    plugin = ["-p", "tests.oracles.posthog_suite_plugin", "-p", "pytest_asyncio", "-p", "no:cacheprovider"]
    settings = ["-c", "/dev/null", "-o", "asyncio_mode=auto", "-rx"]
    with TemporaryDirectory() as elsewhere, chdir(elsewhere):  # out of the reach of our own conftest
        return pytest.main(
            [*plugin, *settings, *sys.argv[1:], "--pyargs", *(f"posthog.test.{name}" for name in MODULES)]
        )


if __name__ == "__main__":
    sys.exit(main())
