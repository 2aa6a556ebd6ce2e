"""What to say when no Data Action has the name asked for: the names that do exist, nearest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from documents.steps import Contents
from rejection import Rejection
from timeout_request import TimeoutRequest

MOST_NAMES = 10
_COMPARED_CLOSELY = 100
_LONGEST_NAME = 256


def data_action_not_found(request: TimeoutRequest, flows: Sequence[tuple[str, Contents]]) -> Rejection:
    """The rejection of a request whose Data Action is in none of the Flows looked at.

    Args:
        flows: ids and contents of these Flows.
    """
    wanted = " and ".join(
        f"{word} {value!r}"
        for word, value in (("the name", request.action_name), ("the id", request.step_id))
        if value is not None
    )
    where = "Flow " + ", ".join(flow_id for flow_id, _ in flows[:MOST_NAMES])
    if len(flows) > MOST_NAMES:
        where += f" and {len(flows) - MOST_NAMES} more"
    names = nearest(request.action_name or "", (name for _, contents in flows for name in contents.names))
    there_are = (
        f"there are, nearest first: {', '.join(map(repr, names))}" if names else "there is no Data Action at all"
    )
    elsewhere = dict.fromkeys(flow_id for _, contents in flows for flow_id in contents.flow_ids)
    unseen = [flow_id for flow_id in elsewhere if flow_id not in {seen for seen, _ in flows}]
    hint = "names match exactly, case and blanks included; operation inspect lists every step with its id"
    message = f"no Data Action with {wanted} in {where}; {there_are}"
    if unseen:
        message += f"; it leads to the Flows {', '.join(unseen[:MOST_NAMES])}, which were not looked at"
        hint = "look there too with include_subflows: true"
    return Rejection("data_action_not_found", message, hint=hint)


def nearest(wanted: str, names: Iterable[str]) -> list[str]:
    """The distinct names most like the wanted one, most alike first; linear in the number of names."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted.casefold()[:_LONGEST_NAME])

    def likeness(name: str, *, closely: bool) -> float:
        matcher.set_seq1(name.casefold()[:_LONGEST_NAME])
        return matcher.ratio() if closely else matcher.quick_ratio()

    distinct = list(dict.fromkeys(name[:_LONGEST_NAME] for name in names))
    if len(distinct) > _COMPARED_CLOSELY:
        distinct = heapq.nlargest(_COMPARED_CLOSELY, distinct, key=lambda name: likeness(name, closely=False))
    return heapq.nlargest(MOST_NAMES, distinct, key=lambda name: likeness(name, closely=True))
