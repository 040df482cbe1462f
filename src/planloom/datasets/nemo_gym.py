"""Example rows and rollouts of the NeMo Gym environments: office work, customer service, mathematics.

Example rows hold the right calls (`ground_truth`) or the right next step (`expected_action`);
rollouts hold what a model did, with a reward. Two folders hold the same office rows. The prompts of
the simulated conversations begin with no user, and those of the mathematics have no calls.
"""

from planloom.plan import Use
from planloom.shapes import responses
from planloom.source import Part, Source


def _part(environment: str, gold: str | None = None, use: Use = "open", why: str = "") -> Part:
    return Part(
        split=environment,
        files=(
            f"resources_servers/{environment}/data/*.jsonl",
            f"environments/{environment}/data/*.jsonl",
            f"*{environment}*",
        ),
        read=responses.reader(gold),
        category="function_calling",
        use=use,
        policy="eval_only" if why else "train",
        why=why,
    )


SOURCE = Source(
    id="NVIDIA-NeMo/Gym",
    licence="Apache-2.0; data of the single steps none stated",
    url="https://github.com/NVIDIA-NeMo/Gym",
    rows=59,
    tier=3,
    parts=(
        _part("workplace_assistant", "ground_truth"),
        _part("single_step_tool_use_with_argument_comparison", "expected_action", "no_publish"),
        _part("conversational_tool_use_simulation", use="no_publish"),
        _part("math_with_code"),
        _part("ns_tools", use="no_publish", why="its problems are those of a competition"),
    ),
)
