"""Every folder of real rows and how its calls are read."""

from .lists import listed, nested, positional, responses_items, task_actions
from .rows import Extractor, Folder, each, held, no_calls, values
from .trees import toolbench
from .turns import (
    adp,
    apibank,
    glaive,
    hermes,
    luna,
    message_calls,
    python_lines,
    taubench,
    thought_lists,
    typed_parts,
)


def genuine(name: str, extract: Extractor = no_calls) -> Folder:
    return Folder(f"genuine/{name}", extract, source=name.replace("__", "/", 1))


FOLDERS = (
    genuine("Salesforce__xlam-function-calling-60k", listed("answers")),
    genuine("nvidia__ToolScale", held("evaluation_criteria", task_actions)),
    genuine("RioLee__ToolPref-Pairwise-30K", listed("gt_actions")),
    genuine("Voxel51__fiftyone-function-calling-14k", held("answers", listed("answers"))),
    genuine("twinkle-ai__tw-function-call-reasoning-10k", listed("answer")),
    genuine("NousResearch__hermes-function-calling-v1", hermes),
    genuine("Nanbeige__ToolMind", message_calls("conversations")),
    genuine("dongsheng__DTA-Tool", thought_lists),
    genuine("google__mobile-actions", message_calls("messages")),
    genuine("allenai__Dolci-Instruct-SFT-Tool-Use", python_lines),
    genuine("llamafactory__reason-tool-use-demo-1500", typed_parts),
    genuine("NVIDIA-NeMo__Gym", responses_items),
    genuine("similar__tau2_telecom", task_actions),
    genuine("nvidia__Nemotron-RL-instruction_following-structured_outputs"),
    genuine("Muennighoff__natural-instructions"),
    genuine("allenai__natural-instructions"),
    genuine("HuggingFaceH4__instruction-dataset"),
    Folder("corpora/hammer_xlam_format", listed("answers")),
    Folder("corpora/toolrl_apibank", listed("answer", arguments="parameters")),
    Folder("corpora/apibank_dev", held("role", apibank), source="AlibabaResearch/API-Bank"),
    Folder(
        "corpora/toolalpaca",
        held("Golden_Answers", listed("Golden_Answers", "Action", "Action_Input")),
        source="tangqiaoyu/ToolAlpaca",
        split=each("Instructions", "Golden_Answers"),
    ),
    Folder("corpora/nestful", held("output", nested), source="ibm-research/nestful"),
    Folder(
        "corpora/sealtools_nested",
        held("calling", listed("calling", "api", "parameters")),
        source="fairyshine/Seal-Tools",
    ),
    Folder(
        "corpora/toolbench_tooleval", toolbench, source="OpenBMB/ToolBench", split=values("answer")
    ),
    Folder("corpora/tau2_banking", task_actions, source="sierra-research/tau2-bench"),
    Folder("corpora/taubench_traj", taubench),
    Folder("corpora/nemo_gym", responses_items),
    Folder("corpora/agentbench_traj", held("actions", positional), source="THUDM/AgentBench"),
    Folder("corpora/agentdojo_runs_dev", message_calls("messages")),
    Folder("corpora/luna_poisoned", luna, source="luna/poisoned-runs"),
    Folder("corpora/glaive_llamafactory", glaive),
    Folder("corpora/adp_samples_dev", held("content", adp)),
    Folder("corpora/rjudge", outside="text"),
    Folder("corpora/gpteacher_toolformer", outside="prose"),
    Folder("corpora/firstbatch_pythonic", outside="names"),
    Folder("corpora/metatool", outside="names"),
    Folder("corpora/bfcl_single", outside="alternatives"),
    Folder("corpora/taskbench"),
    Folder("corpora/agentsafetybench"),
    Folder("corpora/bipia"),
    Folder("corpora/alpaca5k"),
    Folder("corpora/alpaca_eval_outputs"),
    Folder("corpora/arena_hard_v2"),
    Folder("corpora/jepa_pairs"),
    Folder("corpora/llamafactory_alpaca_dpo"),
    Folder("corpora/natural_instructions_dev", split=each("Instances")),
    Folder("corpora/oasst_trees"),
    Folder("corpora/sharegpt_dummy"),
    Folder("corpora/tulu_eval"),
)
