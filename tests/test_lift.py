"""What lift concludes from small traces made here: edges with their evidence, tiers, scopes."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planloom.lift import lift
from planloom.lift.rules import RULES
from planloom.plan import ExecutionPlan, problems
from planloom.trace import Call, Place, Round, Tool, Trace

PLACE = Place("here", "default", "train", "f", 0, "MIT", "open", "function_calling")


def call(tool: str, result: Any = None, /, **arguments: Any) -> Call:
    text = result if result is None or isinstance(result, str) else json.dumps(result)
    return Call(tool, arguments, result=text)


def plan(
    *steps: Call | tuple[Call, ...], user: str = "Please see to it.", **rest: Any
) -> ExecutionPlan:
    rounds = tuple(Round(step if isinstance(step, tuple) else (step,), 0) for step in steps)
    (made,) = lift(Trace(user_turns=(user,), rounds=rounds, **rest), PLACE).plans
    assert problems(made) == []
    return made


def flows(made: ExecutionPlan) -> list[tuple[str, str, str | None, str | None]]:
    return [(e.src, e.dst, e.argument, e.result_path) for e in made.edges if e.kind == "data"]


def test_a_data_edge_keeps_its_evidence() -> None:
    made = plan(call("find", {"hits": [{"berth": "Q-77"}]}), call("book", where={"berth": "q-77"}))
    (edge,) = made.edges
    assert (edge.src, edge.dst, edge.kind, edge.evidence) == ("n0", "n1", "data", "value")
    assert (edge.argument, edge.result_path, edge.span, edge.joint) == (
        "where.berth",
        "hits[0].berth",
        "q-77",
        False,
    )


@pytest.mark.parametrize(
    ("result", "argument"),
    [
        ({"id": 48213}, "48213"),
        ({"id": "48213"}, 48213),
        ({"price": 1250.5}, "1,250.50"),
        ({"price": "$1,250.50"}, 1250.5),
        ({"total": 150.0}, 150),
        ({"day": "2031-05-09"}, "May 9, 2031"),
        ({"day": "9 May 2031"}, "2031-05-09"),
        ({"day": "05/09/2031"}, "2031-05-09"),
        ({"at": "2031-05-09T08:15:00Z"}, "2031-05-09"),
        ({"code": "AB-12-99"}, "ab1299"),
        ({"phone": "+44 20 7946"}, "44207946"),
        ({"names": ["Ullstad", "Brenn"]}, "Brenn"),
        ({"inner": json.dumps({"id": "zz-90"})}, "zz-90"),
        ("The parcel zz-90 has left Ullstad.", "zz-90"),
        ("It was sent on May 9, 2031 from Ullstad.", "2031-05-09"),
        ("{'id': 'zz-90', 'ok': True}", "zz-90"),
        ({"id": "zz-90"}, "id=zz-90"),
        ({"ids": ["k77", "k78"]}, "k77,k78"),
        ({"gap": 1250.5}, "(1250.5 - 17) * 2"),
        ({"note": "The quay closes at dusk."}, "Dear all, the quay closes at dusk. Yours, K."),
        ({"sum": 94}, "You get back $94 today."),
        ({"day": "2031-05-09T08:15:00"}, "It was made on 2031-05-09, too late."),
        ("9", 9),
        ("The sum is 9.", 9),
        ({"berths": 3, "quays": 12}, {"berths": 3}),
        ({"rate": "0.00001"}, "0.00001"),
        ({"slots": ["2031-05-09T08:00:00", "2031-05-09T22:30:00"]}, "2031-05-09 22:30"),
        ({"AB-7712": {"open": True}}, "ab-7712"),
    ],
)
def test_a_value_is_found_in_any_spelling(result: Any, argument: Any) -> None:
    arguments = argument if isinstance(argument, dict) else {"value": argument}
    made = plan(call("find", result), call("use", **arguments))
    assert [(src, dst) for src, dst, *_ in flows(made)] == [("n0", "n1")]


@pytest.mark.parametrize(
    ("result", "argument"),
    [
        ({"id": "AB123"}, "AB1234"),
        ({"id": 4821}, 48210),
        ({"price": 150.75}, 150),
        ({"day": "2031-05-09"}, "2031-05-10"),
        ({"status": "success"}, "success"),
        ({"active": True}, True),
        ({"page": 1, "hits": 20}, {"page": 1}),
        ({"count": 5, "name": "Ullstad"}, 5),
        ("The parcel zz-901 has left.", "zz-90"),
        ({"unit": "m"}, "m"),
        ({}, ""),
        (None, "zz-90"),
        ({"at": "2031-05-09T10:00:00"}, "2031-05-09T14:45:00"),
        ({"lat": "48.8566"}, 488566),
        ({"sum": 1234.56}, 123456),
        ("Found 10 results.", {"limit": 10}),
        ({"version": "It is v 1.25.30 now."}, 1.25),
        ({"rate": 0.00001}, {"n": 0.5}),
    ],
)
def test_what_only_looks_alike_is_no_flow(result: Any, argument: Any) -> None:
    arguments = argument if isinstance(argument, dict) else {"value": argument}
    assert flows(plan(call("find", result), call("use", **arguments))) == []


@pytest.mark.parametrize(
    ("user", "value"),
    [
        ("Send parcel zz-90 on.", "zz-90"),
        ("Sail on the 9th of May.", "2031-05-09"),
        ("Sail on May 9.", "2031-05-09"),
        ("A quay for fourteen boats.", 14),
        ("Pay 1,250.50 now.", 1250.5),
        ("Call +44 20-7946.", "44207946"),
        ("A berth in Stockholm, please.", "STO"),
    ],
)
def test_what_the_user_said_is_his(user: str, value: Any) -> None:
    made = plan(call("find", {"value": value}), call("use", value=value), user=user)
    assert flows(made) == []
    assert (made.nodes[1].provenance_tier, made.nodes[1].origin.tier) == (1, "observed")


@pytest.mark.parametrize(
    ("user", "value"),
    [
        ("Any free slot on May 9, 2031?", "2031-05-09T22:30:00"),
        ("Call 555-123-4567.", "123456"),
        ("It was on 2024-06-15.", "240615"),
        ("I like sand reading.", "Andrea"),
        ("Our marketing 15 is fine.", "2031-03-15"),
        ("Cancel it.", "CAN"),
    ],
)
def test_what_the_user_did_not_say_is_not_his(user: str, value: str) -> None:
    made = plan(call("find", {"id": value}), call("use", id=value), user=user)
    assert [(src, dst) for src, dst, *_ in flows(made)] == [("n0", "n1")]


def test_a_joint_text_repeats_what_any_call_of_its_round_was_given() -> None:
    asked = call("w", city="Oslo"), call("w", city="Paris")
    rounds = (
        Round(asked, 0, "Rain in Oslo.\nSun in Paris."),
        Round((call("go", place="Oslo"),), 0),
    )
    assert flows(lift(Trace(user_turns=("Where is it dry?",), rounds=rounds), PLACE).plans[0]) == []


def test_a_joint_text_that_repeats_an_earlier_result_is_not_quoted() -> None:
    rounds = (
        Round((call("find", {"id": "QX-771"}),), 0),
        Round((call("a"), call("b")), 0, "Both know QX-771 well."),
        Round((call("send", body="About QX-771: it is here."),), 0),
    )
    made = lift(Trace(user_turns=("See to it.",), rounds=rounds), PLACE).plans[0]
    assert [src for src, *_ in flows(made)] == ["n0"]


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [("1,500", 1500), ("May 9, 2031", "2031-05-09"), ("qq-1,qq-2", "qq-1")],
)
def test_an_echo_in_another_spelling_is_an_echo(given: Any, passed_on: Any) -> None:
    made = plan(call("a", {"x": passed_on}, x=given), call("b", x=passed_on))
    assert flows(made) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("command", "echo ${1}"),
        ("latex", "x^{{2}} + 1"),
        ("body", "Hello {{1}}, your code is {{2}}"),
        ("script", "return `${find} now`"),
        ("price", "$1"),
        ("css", "#fff and #1"),
    ],
)
def test_code_and_templates_are_no_references(name: str, text: str) -> None:
    assert flows(plan(call("find", "q"), call("look", "q"), call("use", **{name: text}))) == []


def test_what_was_said_last_is_heard_in_a_long_talk() -> None:
    turns = ("Short.", "x " * 120_000, "Use ID QX-771, please.")
    rounds = (Round((call("find", {"id": "QX-771"}),), 0), Round((call("use", id="QX-771"),), 2))
    assert flows(lift(Trace(user_turns=turns, rounds=rounds), PLACE).plans[0]) == []


def test_a_parameter_called_default_is_no_default() -> None:
    schema = {"type": "object", "properties": {"default": {"type": "string"}}}
    made = plan(call("find", {"kind": "string"}), call("use", default="string"),
                tools=(Tool.of("use", "", schema),))  # fmt: skip
    assert [src for src, *_ in flows(made)] == ["n0"]


def hostile() -> dict[str, list[Call]]:
    """Calls that made some search or pattern slow."""
    return {
        "braces": [call("a", "q"), call("b", x="{{" + " " * 60_000)],
        "template": [call("a", "q"), call("b", x="{{" + "1" * 60_000 + "!}}")],
        "equal values": [call("a", ["abcdef"] * 4000), call("b", x=["abcdef"] * 4000)],
        "long values": [
            call("a", [f"a {n} b" * 20 for n in range(4000)]),
            call("b", x=[f"c {n} d" * 20 for n in range(4000)]),
        ],
        "periodic": [call("a", "a" * 160_000), call("b", x="a" * 80_000)],
        "name": [call("a." * 20_000, "q"), call("b", x=1)],
        "numbers": [call("a", list(range(300_000))), call("b", x=7_000_000)],
        "many": [
            call("run", f"out {n} " * 2500, code=f"print({n}) # step {n}\n" * 150)
            for n in range(128)
        ],
    }


@pytest.mark.parametrize("name", hostile())
def test_hostile_values_take_no_time(name: str) -> None:
    started = time.process_time()
    plan(*hostile()[name])
    assert time.process_time() - started < 20  # seconds; what this guards against took minutes


def test_no_volume_is_too_large_for_a_column() -> None:
    for arguments in ({"limit": 10**20}, {"start_row": 1, "end_row": 10**20}):
        assert plan(Call("read", arguments)).nodes[0].scope_volume == 10**9


def test_what_the_user_said_later_still_came_from_the_result() -> None:
    rounds = (Round((call("find", {"id": "zz-90"}),), 0), Round((call("use", id="zz-90"),), 0))
    trace = Trace(user_turns=("Find it.", "Was it zz-90?"), rounds=rounds)
    assert flows(lift(trace, PLACE).plans[0]) == [("n0", "n1", "id", "id")]


def test_an_edge_crosses_turns() -> None:
    rounds = (Round((call("find", {"id": "zz-90"}),), 0), Round((call("use", id="zz-90"),), 1))
    trace = Trace(user_turns=("Find it.", "Now use it."), rounds=rounds)
    assert flows(lift(trace, PLACE).plans[0]) == [("n0", "n1", "id", "id")]


def test_system_text_defaults_and_enumerations_are_no_results() -> None:
    schema = {"properties": {"mode": {"enum": ["swift", "gentle"]}, "unit": {"default": "knots"}}}
    tools = (Tool.of("use", "", schema),)
    found = call("find", {"mode": "gentle", "unit": "knots", "port": "Ullstad"})
    used = call("use", mode="gentle", unit="knots", port="Ullstad")
    assert flows(plan(found, used, tools=tools, system="You serve the port of Ullstad.")) == []


def test_a_result_that_repeats_its_own_argument_brought_nothing_in() -> None:
    made = plan(call("check", {"id": "zz-90", "ok": True}, id="zz-90"), call("use", id="zz-90"))
    assert flows(made) == []


def test_later_results_repeat_what_the_first_brought_in() -> None:
    first = call("find", {"id": "zz-90"})
    made = plan(first, call("see", {"id": "zz-90"}, id="zz-90"), call("use", id="zz-90"))
    assert flows(made) == [("n0", "n1", "id", "id"), ("n0", "n2", "id", "id")]


def test_the_record_that_holds_the_other_values_too_is_meant() -> None:
    one = call("trip", {"legs": [{"origin": "ULL", "target": "BRE", "day": "2031-05-09"}]}, id="a")
    two = call("trip", {"legs": [{"origin": "BRE", "target": "ULL", "day": "2031-05-11"}]}, id="b")
    search = call("search", origin="BRE", target="ULL", day="2031-05-11")
    made = plan(one, two, search)
    assert {(src, argument) for src, _, argument, _ in flows(made)} == {
        ("n1", "origin"),
        ("n1", "target"),
        ("n1", "day"),
    }


def test_two_results_that_could_have_supplied_a_value_are_joint() -> None:
    found = call("find", {"id": "zz-90"}), call("look", {"id": "zz-90"})
    made = plan(found, call("use", id="zz-90"))
    data = [edge for edge in made.edges if edge.kind == "data"]
    assert [(edge.src, edge.joint) for edge in data] == [("n0", True), ("n1", True)]


REFERENCES = [
    ("$1", "n0"),
    ("$2", "n1"),
    ("${2}", "n1"),
    ("$var1$", "n0"),
    ("$var_2.id$", "n1"),
    ("API_call_0", "n0"),
    ("API_call_1", "n1"),
    ("<node-0>", "n0"),
    ("<node-1>", "n1"),
    ("<GENERATED>-1", "n1"),
    ("<API-1>", "n0"),
    ("#E2", "n1"),
    ("{{step_1}}", "n0"),
    ("{{ step2.output.id }}", "n1"),
    ("{{1.result}}", "n0"),
    ("{{find.id}}", "n0"),
    ("${look.items[0].id}", "n1"),
    ("{{call_xyz.id}}", "n1"),
]


WITHIN = [one for one in REFERENCES if one[0] not in ("$1", "$2", "${2}")]  # those stand alone


@pytest.mark.parametrize(
    ("text", "source", "template"),
    [*((*one, "{}") for one in REFERENCES), *((*one, "Send {} on.") for one in WITHIN)],
)
def test_every_public_notation_of_a_reference(text: str, source: str, template: str) -> None:
    second = Call("look", {}, id="call_xyz")
    made = plan(call("find"), second, call("use", value=template.format(text)))
    (edge,) = [edge for edge in made.edges if edge.kind == "data"]
    assert (edge.src, edge.dst, edge.evidence, edge.span) == (source, "n2", "reference", text)


def test_a_sum_of_money_may_be_a_reference_by_name() -> None:
    assert flows(plan(call("find"), call("use", amount="$var1.total$"))) == [
        ("n0", "n1", "amount", "total")
    ]


def test_templates_count_from_zero_where_one_says_zero() -> None:
    made = plan(call("find"), call("look", x="{{step_0}}"), call("use", y="{{step_1.id}}"))
    assert flows(made) == [("n0", "n1", "x", None), ("n1", "n2", "y", "id")]


def test_what_the_user_wrote_is_no_reference() -> None:
    assert flows(plan(call("find"), call("use", text="#1"), user="Post #1 to the board.")) == []


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
@settings(max_examples=200)
def test_order_edges_are_transitively_reduced(sizes: list[int], data: st.DataObject) -> None:
    steps, count = [], 0
    for size in sizes:
        calls = []
        for _ in range(size):
            wanted = data.draw(st.lists(st.integers(0, max(count - 1, 0)), max_size=2))
            refers = {f"a{i}": f"<node-{i}>" for i in wanted if i < count}
            calls.append(call(f"t{count}", **refers))
            count += 1
        steps.append(tuple(calls))
    made = plan(*steps)
    pairs = {(edge.src, edge.dst) for edge in made.edges}
    step = {node.id: node.step for node in made.nodes}
    for edge in made.edges:
        if edge.kind == "order":
            assert not reaches(pairs - {(edge.src, edge.dst)}, edge.src, edge.dst)
    for before in made.nodes:
        for after in made.nodes:
            if step[before.id] < step[after.id]:
                assert reaches(pairs, before.id, after.id)


def reaches(pairs: set[tuple[str, str]], start: str, end: str) -> bool:
    todo, seen = [start], {start}
    while todo:
        here = todo.pop()
        following = {dst for src, dst in pairs if src == here} - seen
        seen |= following
        todo += following
    return end in seen - {start}


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=30)), min_size=2, max_size=4))
@settings(max_examples=200)
def test_no_edge_by_value_without_a_result(texts: list[tuple[str, str]]) -> None:
    made = plan(*(call("t", **{name or "x": value}) for name, value in texts))
    assert {edge.evidence for edge in made.edges} <= {"sequence", "reference"}


# Trust and scope


@pytest.mark.parametrize(
    ("tool", "about", "tier"),
    [
        ("web_search", "", 3),
        ("readInbox", "", 3),
        ("get_reviews", "", 3),
        ("open_webpage", "", 3),
        ("read_file", "", 3),
        ("lookup", "Searches the news of the day", 3),
        ("get_berth", "", 2),
        ("send_email", "", 2),
        ("harbor.post_comment", "", 2),
        ("filesystem-delete_file", "", 2),
        ("calculate_message_length", "", 2),
    ],
)
def test_the_tier_of_a_result(tool: str, about: str, tier: int) -> None:
    made = plan(call(tool, "zz-90"), tools=(Tool.of(tool, about, {}),))
    assert made.nodes[0].result_tier == tier


def test_the_tier_of_inputs_is_that_of_the_least_trusted_source() -> None:
    mail, own = call("read_inbox", {"id": "zz-90"}), call("get_berth", {"berth": "Q-77"})
    made = plan(mail, own, call("use", id="zz-90", berth="Q-77"), call("use", berth="Q-77"))
    assert [node.provenance_tier for node in made.nodes] == [1, 1, 3, 2]
    assert made.nodes[2].rules[0] == "tier:result3"


@pytest.mark.parametrize(
    ("tool", "arguments", "volume", "basis"),
    [
        ("find_boats", {"limit": 25}, 25, "observed"),
        ("find_boats", {"max_results": "40"}, 40, "observed"),
        ("remove_boats", {"boats": ["a", "b", "c"]}, 3, "observed"),
        ("get_prices", {"symbols": "AB,CD,EF,GH"}, 4, "observed"),
        ("read_log", {"start_line": 11, "end_line": 30}, 20, "observed"),
        ("run_sql", {"query": "SELECT * FROM boats"}, 1000, "inferred"),
        ("run_sql", {"query": "select name from boats where id = 4 limit 7"}, 7, "observed"),
        ("remove_boats", {"name": "*"}, 1000, "inferred"),
        ("export_boats", {}, 1000, "inferred"),
        ("list_boats", {}, 10, "inferred"),
        ("tides", {"start_date": "2031-05-09", "end_date": "2031-05-11"}, 10, "inferred"),
        ("fare", {"from": "Ullstad", "to": "Brenn"}, 1, "default"),
        ("find_boat", {"boat_id": "b-7"}, 1, "inferred"),
        ("get_boats", {"n": 7}, 7, "observed"),
        ("fibonacci", {"n": 1000}, 1, "default"),
        ("resize_image", {"size": 1024}, 1, "default"),
        ("ask", {"text": "Select the best berth, then update my plan"}, 1, "default"),
        ("tides", {"quay": "north"}, 1, "default"),
    ],
)  # fmt: skip
def test_the_volume_of_a_call(
    tool: str, arguments: dict[str, Any], volume: int, basis: str
) -> None:
    (node,) = plan(Call(tool, arguments)).nodes
    assert (node.scope_volume, node.origin.volume) == (volume, basis)


def test_a_declared_default_limits_the_volume() -> None:
    schema = {"type": "object", "properties": {"limit": {"type": "integer", "default": 50}}}
    (node,) = plan(call("find_boats"), tools=(Tool.of("find_boats", "", schema),)).nodes
    assert (node.scope_volume, node.origin.volume, node.rules) == (
        50,
        "inferred",
        ("volume:default",),
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "sensitivity"),
    [
        ("getUserToken", ["username", "password"], 5),
        ("get_price", ["token_address"], 1),
        ("list_secrets", ["page_token"], 5),
        ("get_api_key", ["max_tokens"], 5),
        ("count_tokens", ["text"], 1),
        ("show", ["driver's_license"], 4),
        ("filesystem-delete_file", ["path"], 3),
        ("github-create_issue", ["title"], 2),
        ("order_history", ["kind"], 1),
        ("pay_bill", ["amount"], 4),
        ("transfer_to_human", ["summary"], 2),
        ("log_symptoms", ["text"], 4),
        ("check_in", ["passport"], 4),
        ("read_calendar", [], 3),
        ("delete_boat", ["boat"], 3),
        ("harbor.book_berth", ["berth"], 2),
        ("tides", ["quay"], 1),
    ],
)
def test_the_sensitivity_of_a_call(tool: str, arguments: list[str], sensitivity: int) -> None:
    (node,) = plan(Call(tool, dict.fromkeys(arguments, "x"))).nodes
    assert node.scope_sensitivity == sensitivity


def test_rules_are_named_once_and_their_words_are_words() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    for rule in RULES:
        assert all(word == word.lower().strip() and len(word.split()) <= 3 for word in rule.words)
