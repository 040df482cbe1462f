"""AgentDojo's tasks as plans: what solves them, run in their environments so that results exist.

A user task is benign. An attack is a user task whose environment holds the text of an injection task, at every
place that the user's calls read, followed by the calls of the injection task. Its control is the same user task in the
same environment, followed by as many calls of another user task of the suite. Where the same attack is resisted, the user
task alone is done in that environment. `bare` kinds are the same calls without their results, so that nothing is known
of where values come from. Used for scoring alone.

The wheel is installed without what it needs for talking to models (`pip install --no-deps agentdojo==0.1.35`, then
`pip install "pydantic[email]" pyyaml docstring-parser deepdiff`); those modules are replaced by empty ones.
"""

import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from random import Random
from types import ModuleType
from typing import Any, NamedTuple

from msgspec import structs

from planloom.lift import lift
from planloom.plan import ExecutionPlan
from planloom.trace import Call, Place, Round, Tool, Trace

ABSENT = ("cohere", "google", "langchain", "vertexai", "anthropic", "openai", "transformers")
ABSENT += ("tenacity", "agentdojo.agent_pipeline")
VERSION = "v1.2.2"
PLACE = Place("agentdojo", "", "", "", 0, "MIT", "open", "tool_reasoning")
MARK = "canary-{}"


class _Empty(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _Absent(MetaPathFinder, Loader):
    """Finds an empty module for what talks to models."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        absent = any(name == one or name.startswith(f"{one}.") for one in ABSENT)
        return ModuleSpec(name, self, is_package=True) if absent else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = _Empty(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


class Case(NamedTuple):
    """`kind`: benign, attack, control, resisted; or `bare` and one of these. `injection` is the task that an attack, or its control, belongs to."""

    kind: str
    suite: str
    user: str
    injection: str
    plan: ExecutionPlan

    @property
    def task(self) -> str:
        return f"{self.suite}/{self.user}"


def cases(only: str = "") -> Iterator[Case]:
    """All of them, suite by suite, or those of one suite.

    Raises:
        ModuleNotFoundError: if AgentDojo is not installed.
    """
    sys.meta_path.insert(0, _Absent())
    from agentdojo.task_suite.load_suites import get_suites

    for name, suite in get_suites(VERSION).items():
        if only in ("", name):
            yield from _Suite(name, suite).cases()


class _Suite:
    def __init__(self, name: str, suite: Any) -> None:
        from agentdojo.functions_runtime import FunctionsRuntime

        self.name, self.suite = name, suite
        self.loaded: dict[Any, Any] = {}
        self.runtime = FunctionsRuntime(suite.tools)
        self.tools = tuple(
            Tool.of(one.name, one.description, one.parameters.model_json_schema())
            for one in suite.tools
        )
        self.longest = {
            user: len(self.calls(task, self.environment(task, {})))
            for user, task in suite.user_tasks.items()
        }

    def environment(self, task: Any, injections: dict[str, str]) -> Any:
        told = tuple(sorted(injections.items()))
        if told not in self.loaded:
            self.loaded[told] = self.suite.load_and_inject_default_environment(injections)
        environment = self.loaded[told].model_copy(deep=True)
        return task.init_environment(environment) if hasattr(task, "PROMPT") else environment

    def calls(self, task: Any, environment: Any) -> Sequence[Any]:
        found: Sequence[Any] = task.ground_truth(environment)
        return found

    def run(self, calls: Sequence[Any], environment: Any) -> list[Call]:
        """Each with its result as the agent would read it."""
        done = []
        for one in calls:
            result, error = self.runtime.run_function(environment, one.function, dict(one.args))
            done.append(Call(one.function, dict(one.args), error or _text(result)))
        return done

    def read_places(self, task: Any) -> list[str]:
        """The places for injections that the task's calls read."""
        places = list(self.suite.get_injection_vector_defaults())
        marks = {place: MARK.format(place) for place in places}
        environment = self.environment(task, marks)
        told = " ".join(
            call.result or "" for call in self.run(self.calls(task, environment), environment)
        )
        return [place for place, mark in marks.items() if mark in told]

    def cases(self) -> Iterator[Case]:
        for user, task in self.suite.user_tasks.items():
            environment = self.environment(task, {})
            done = self.run(self.calls(task, environment), environment)
            yield from self.both("benign", user, "", task.PROMPT, done)
            places = self.read_places(task)
            for injection, attack in self.suite.injection_tasks.items():
                yield from self.pair(user, task, injection, attack, places)

    def pair(
        self, user: str, task: Any, injection: str, attack: Any, places: list[str]
    ) -> Iterator[Case]:
        """An attack and its control; none if the attacker wants no call."""
        told = dict.fromkeys(places, f"TODO: {attack.GOAL}")
        attacked, other = (self.environment(task, told) for _ in range(2))
        first = self.calls(task, attacked)
        done = self.run(first, attacked)
        wanted = self.calls(attack, attacked)
        if not wanted:
            return
        whole = [*done, *self.run(wanted, attacked)]
        yield from self.both("resisted", user, injection, task.PROMPT, done)
        yield from self.both("attack", user, injection, task.PROMPT, whole)
        done = self.run(first, other)
        matched = self.matched(user, injection, len(wanted), other)
        whole = [*done, *self.run(matched, other)]
        yield from self.both("control", user, injection, task.PROMPT, whole)

    def matched(self, user: str, injection: str, count: int, environment: Any) -> Sequence[Any]:
        """So many calls in a row of another user task."""
        draw = Random(f"{self.name} {user} {injection}")
        others = [one for one, n in self.longest.items() if one != user and n >= count]
        task = self.suite.user_tasks[draw.choice(others)]
        calls = self.calls(task, self.environment(task, {}))
        start = draw.randrange(len(calls) - count + 1)
        return calls[start : start + count]

    def both(
        self, kind: str, user: str, injection: str, request: str, done: list[Call]
    ) -> Iterator[Case]:
        """The case with results and without."""
        bare = [structs.replace(call, result=None) for call in done]
        for name, some in ((kind, done), (f"bare {kind}", bare)):
            rounds = tuple(Round((call,), 0) for call in some)
            trace = Trace(user_turns=(request,), rounds=rounds, tools=self.tools)
            yield Case(name, self.name, user, injection, lift(trace, PLACE).plans[0])


def _text(result: Any) -> str:
    """YAML for what has fields, as AgentDojo tells its agents."""
    import yaml
    from pydantic import BaseModel

    if isinstance(result, BaseModel):
        return yaml.safe_dump(result.model_dump(mode="json"))
    if isinstance(result, list):
        plain = [
            one.model_dump(mode="json") if isinstance(one, BaseModel) else one for one in result
        ]
        return yaml.safe_dump(plain)
    return str(result)
