"""A made-up corpus in which the precondition of every kind of mutation holds somewhere."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import structs

from planloom import arrow
from planloom.lift import lift
from planloom.plan import ExecutionPlan
from planloom.trace import Call, Place, Round, Tool, Trace

FIRST = ("Ada", "Bo", "Cleo", "Dora", "Edo", "Fia", "Gus", "Hedda", "Ivo", "Juno", "Kai", "Lene")
LAST = ("Aalto", "Brandt", "Castell", "Dahl", "Eklund", "Falk", "Grote", "Holm", "Iversen")
GOODS = ("lantern", "kettle", "ladder", "compass", "blanket", "violin", "anchor", "basket")
STATES = ["open", "shipped", "returned", "cancelled"]
FIELDS = ["order_no", "total", "carrier", "home address", "passport", "weight"]


def tool(name: str, about: str, needed: list[str], **properties: Any) -> Tool:
    schema = {"type": "object", "properties": properties, "required": needed}
    return Tool.of(name, about, schema)


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
SHOP = (
    tool("search_orders", "Finds orders", ["customer"], customer=TEXT, status={**TEXT, "enum": STATES}, limit=NUMBER, fields={"type": "array", "items": {"enum": FIELDS}}),
    tool("get_customer", "Looks a customer up", ["customer_id"], customer_id=TEXT),
    tool("delete_customer", "Removes a customer", ["customer_id"], customer_id=TEXT, reason=TEXT),
    tool("get_balance", "Tells the balance of a bank account", ["account_name"], account_name=TEXT),
    tool("send_email", "Sends a mail", ["to", "body"], to=TEXT, subject=TEXT, body=TEXT),
    tool("read_web_page", "Reads a web page", ["url"], url=TEXT),
    tool("find_goods", "Finds goods", ["term"], term=TEXT),
    tool("get_stock", "Tells how many are there", ["goods_no"], goods_no=TEXT),
    tool("sales_report", "Sums up sales", ["start_date", "end_date"], start_date=TEXT, end_date=TEXT),
)  # fmt: skip
MUSIC = (
    tool("play_song", "Plays a song", ["title"], title=TEXT),
    tool("skip_song", "Skips a song", []),
)
PLACE = Place("made/up", "", "train", "rows.jsonl", 0, "Apache-2.0", "open", "function_calling")


def traces(n: int) -> list[Trace]:
    """The n-th of each task."""
    who, other = f"{FIRST[n % 12]} {LAST[n // 12 % 9]}", f"{FIRST[(n + 5) % 12]} {LAST[n % 9]}"
    mail, goods = (
        f"{who.split(maxsplit=1)[0].lower()}{n}@harbour.example",
        f"{GOODS[n % 8]} {300 + n}",
    )
    number, stock, page = f"C-{7000 + n * 7}", f"G-{90_000 + n * 13}", f"https://shore.example/{n + 110}"  # fmt: skip
    state, limit = STATES[n % 4], (5, 10, 10, 20, 25, 10, 5, 40, 10, 200)[n % 10] + n // 10
    orders = {"customer": who, "status": state, "limit": limit, "fields": ["total", "carrier"]}
    day, last = 1 + n % 20, 1 + n % 20 + n % 7
    return [
        one(f"Which {state} orders has {who}? Show me {limit} of them.", ("search_orders", orders, None)),
        one(f"Please remove customer {number}, says {other}.", ("delete_customer", {"customer_id": number, "reason": other}, '{"ok": 1}')),
        one(f"Look up the customer with number {number} for me.", ("get_customer", {"customer_id": number}, f'{{"name": "{other}"}}')),
        one(f"How much money is on the account {who} Savings?", ("get_balance", {"account_name": f"{who} Savings"}, '{"balance": 1}')),
        one(f"Write to {mail} that the {goods} is ready.", ("send_email", {"to": mail, "subject": goods, "body": f"Your {goods} is ready."}, None)),
        one(f"What does the page {page} say?", ("read_web_page", {"url": page}, '{"text": "tide table"}')),
        one(f"Do we still have a {goods}?", ("find_goods", {"term": goods}, f'{{"goods_no": "{stock}"}}'), ("get_stock", {"goods_no": stock}, '{"count": 3}')),
        one(f"See the page {page}, then is there a {goods} left?", ("read_web_page", {"url": page}, '{"text": "tide"}'), ("find_goods", {"term": goods}, f'{{"goods_no": "{stock}"}}'), ("get_stock", {"goods_no": stock}, '{"count": 4}')),
        one(f"Report the sales from 2031-05-{day:02d} to 2031-05-{last:02d}, {other} wants it.", ("sales_report", {"start_date": f"2031-05-{day:02d}", "end_date": f"2031-05-{last:02d}"}, None)),
        structs.replace(one(f"Play the song Harbour {goods} now.", ("play_song", {"title": f"Harbour {goods}"}, None)), tools=MUSIC),
    ]  # fmt: skip


def one(request: str, *calls: tuple[str, dict[str, Any], str | None]) -> Trace:
    rounds = tuple(Round((Call(name, arguments, result),), 0) for name, arguments, result in calls)
    return Trace(user_turns=(request,), rounds=rounds, tools=SHOP)


def plans(count: int) -> list[ExecutionPlan]:
    found = {}
    for number in range(count):
        for trace in traces(number):
            (plan,) = lift(trace, PLACE).plans
            found[plan.plan_id] = structs.replace(plan, group=plan.plan_id, fold="valid")
    return [found[key] for key in sorted(found)]


def written(
    out: Path, corpus: list[ExecutionPlan], parts: int = 1, *, backward: bool = False
) -> Path:
    """As a build lays it out."""
    (out / "plans").mkdir(parents=True)
    size = -(-len(corpus) // parts)
    for number in range(parts):
        name = f"part-{parts - number if backward else number:05d}.parquet"
        piece = corpus[number * size : (number + 1) * size]
        pq.write_table(arrow.table(piece), out / "plans" / name, row_group_size=37)
    tools = sorted({*SHOP, *MUSIC}, key=lambda one: one.key)
    rows = [structs.asdict(t) | {"parameters": t.parameters.decode()} for t in tools]
    pq.write_table(pa.Table.from_pylist(rows, arrow.TOOLS), out / "tools.parquet")
    return out
