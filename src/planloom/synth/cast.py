"""Which tools play in a blueprint: a tool for each role, so that each edge has a link."""

from planloom.synth.blueprints import Blueprint
from planloom.synth.makers import Random
from planloom.synth.universe import World


def cast(form: Blueprint, world: World, r: Random) -> list[int] | None:
    """A tool for each of the form's tools, so that each edge has a link."""
    pairs = {(form.tools[src], form.tools[dst]) for src, dst, _ in form.edges}
    chosen: list[int] = []
    for role in range(max(form.tools) + 1):
        feeders = [src for src, dst in pairs if dst == role and src < role]
        feeds_itself = (role, role) in pairs
        fits = [
            tool
            for tool in range(len(world.tools))
            if tool not in chosen
            and all((chosen[src], tool) in world.links for src in feeders)
            and (not feeds_itself or (tool, tool) in world.links)
        ]
        if any(src == role for src, _ in pairs):
            fits = [tool for tool in fits if tool in world.fed_by] or fits
        if not fits:
            return None
        real = [tool for tool in fits if all(_is_real(world, chosen[src], tool) for src in feeders)]
        pool = real if real and (feeders or r() < 0.8) else fits
        chosen.append(pool[int(r() * len(pool))])
    late = [pair for pair in pairs if pair[0] > pair[1]]
    return None if any((chosen[s], chosen[d]) not in world.links for s, d in late) else chosen


def _is_real(world: World, src: int, dst: int) -> bool:
    return world.links[src, dst][0].how != "quote"
