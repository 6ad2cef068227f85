"""Changes that would be enough, in words. About a subject they are put as what if, never as advice."""

from evaluator.context import MISSING, Mark
from evaluator.describe import cohort_label, condition_label, describe_filter, percent, printable
from evaluator.explaining.alternatives import DefinitionChange, SubjectChange
from evaluator.explaining.phrases import named, value_words
from evaluator.explaining.setting import Setting
from evaluator.json_text import brief


def suggestion_words(change: SubjectChange | DefinitionChange, setting: Setting, wanted: bool | str) -> str:
    """``If plan were "pro" (it is "free"), it would be on.``"""
    premise = _of_subject(change, setting) if isinstance(change, SubjectChange) else _of_definition(change, setting)
    return f"If {premise}, it would be {value_words(wanted)}."


def _of_subject(change: SubjectChange, setting: Setting) -> str:
    if change.kind == "membership":
        label = cohort_label(change.name, setting.ruleset.cohorts[change.name].name)
        return f"the person were {'' if change.after else 'not '}in {label}"
    if change.kind == "device":
        return f"the check named a device (tried with the device id {brief(change.after)})"
    if change.kind == "group":
        if change.any_value:
            return f"the check named a {change.name} (tried with {brief(change.after)})"
        return f"the check were for the {change.name} {brief(change.after)} (it is for {_actual(change.before)})"
    owner = f" of the {change.group_type}" if change.group_type else ""
    if change.after is MISSING:
        return f"{change.name}{owner} were not passed (it is {named(change.before)})"
    example = "for example " if change.any_value else ""
    return f"{change.name}{owner} were {example}{named(change.after)} (it is {named(change.before)})"


def _actual(value: object) -> str:
    return "none" if isinstance(value, Mark) else brief(value)


def _of_definition(change: DefinitionChange, setting: Setting) -> str:
    owner = "" if change.flag == setting.key else f" of flag “{change.flag}”"
    if change.condition_index is None:
        whose = "the flag" if change.flag == setting.key else f"flag “{change.flag}”"
        return f"{whose} were active" if change.after else f"{whose} were switched off for everybody"
    condition = condition_label(change.condition_index, change.condition_id) + owner
    names = {cohort_id: cohort.name for cohort_id, cohort in setting.ruleset.cohorts.items()}
    match change.kind:
        case "rollout":
            place = f"the subject stands at {change.exact:.4f} %"
            return f"the rollout of {condition} were {percent(change.after)} (now {percent(change.before)}; {place})"
        case "add_value" | "remove_value":
            what = "also listed" if change.kind == "add_value" else "no longer listed"
            return f"{condition} {what} {brief(change.value)} in its filter {describe_filter(change.filter, names)}"
        case "drop_filter":
            then = _without_filters(change, setting, change.condition_index)
            return f"{condition} no longer asked for {describe_filter(change.filter, names)}{then}"
        case "variant":
            return f"{condition} pinned the variant {value_words(str(change.after))}"
        case "move_condition":
            return f"{condition} came first"
        case _:
            return f"{condition} were removed"


def _without_filters(change: DefinitionChange, setting: Setting, index: int) -> str:
    """Whom the condition would be for, if it had only one filter."""
    condition = setting.ruleset.flags[change.flag].conditions[index]
    if change.definition["filters"]["groups"][index].get("properties"):
        return ""
    whom = "everybody" if condition.group_type is None else f"every {printable(condition.group_type)}"
    part = "" if condition.rollout_bound is None else f"{percent(condition.percentage)} of "
    return f" (it would then be for {part}{whom})"
