"""The policies that come with Drysail: data files, and the function that reads them."""

from policies.policy_file import preset
from policies.policy_preset import PRESETS

__all__ = ["PRESETS", "preset"]
