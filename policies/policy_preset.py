"""The policies that come with Drysail, as text."""

from importlib.resources import files

PRESETS = ("standard", "strict", "audit-only")


def preset_text(name: str) -> str:
    """The YAML of a preset. Raises KeyError, naming the presets there are."""
    if name not in PRESETS:
        raise KeyError(f"no preset '{name}'; there are {', '.join(PRESETS)}")
    return files("policies").joinpath("packs", f"{name}.yaml").read_text(encoding="utf-8")
