"""One task as data, in several scripts.

Two look-ups go out together; both results are used word for word in a third call's text.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

Row = dict[str, Any]


class Call(NamedTuple):
    """A call as written: the name and the arguments as an object."""

    name: str
    arguments: dict[str, Any]


class Tool(NamedTuple):
    """A tool on offer; `types` are the JSON types of its arguments, all of them required."""

    name: str
    description: str
    types: dict[str, str]


@dataclass(frozen=True)
class Task:
    """`calls` and `results` are A, B (together) and C; `carrier` is C's argument that quotes."""

    request: str
    tools: tuple[Tool, Tool]
    calls: tuple[Call, Call, Call]
    results: tuple[str, str, str]
    carrier: str
    done: str
    system: str = "You are a careful assistant."
    thought: str = "Both can be looked up at once."
    said: str = "I will look both up first."


FERRIES = Task(
    request="Look up the next ferry from Oban and the one from Mallaig, then text both to Morag.",
    tools=(
        Tool("next_ferry", "Departure of the next ferry.", {"port": "string"}),
        Tool("send_text", "Sends a short message.", {"to": "string", "text": "string"}),
    ),
    calls=(
        Call("next_ferry", {"port": "Oban"}),
        Call("next_ferry", {"port": "Mallaig"}),
        Call("send_text", {"to": "Morag", "text": "Oban 09:40, Mallaig 16:05"}),
    ),
    results=("09:40", "16:05", "sent"),
    carrier="text",
    done="Morag has both times.",
)

QUOTES = Task(
    request="Price the oak shelf and the pine bench, and put both quotes in Ines's note.",
    tools=(
        Tool(
            "shop.price",
            "Price of a piece.",
            {"piece": "string", "finish": "object", "sizes": "array", "rush": "boolean"},
        ),
        Tool("save_note", "Keeps a note.", {"title": "string", "body": "string", "copies": "integer"}),
    ),
    calls=(
        Call("shop.price", {"piece": "oak shelf", "finish": {"matt": True, "coats": [2, {"wax": 0.5}]}, "sizes": [1.5, -90], "rush": False}),
        Call("shop.price", {"piece": "pine bench", "finish": {}, "sizes": [], "rush": True}),
        Call("save_note", {"title": "Ines's \"studio\"", "body": "oak shelf: EUR 412.50\npine bench: EUR 187.20", "copies": 2}),
    ),
    results=("EUR 412.50", "EUR 187.20", "saved"),
    carrier="body",
    done="Both quotes are in the note.",
)  # fmt: skip

CHINESE = Task(
    request="查一下鼓浪屿和东山岛的下一班船，然后把两班的时间发短信给小林。",
    tools=(
        Tool("查询船班", "下一班船的时间", {"港口": "string"}),
        Tool("发送短信", "发送短信", {"收件人": "string", "内容": "string"}),
    ),
    calls=(
        Call("查询船班", {"港口": "鼓浪屿"}),
        Call("查询船班", {"港口": "东山岛"}),
        Call("发送短信", {"收件人": "小林", "内容": "鼓浪屿上午9点40分，东山岛下午4点05分"}),
    ),
    results=("上午9点40分", "下午4点05分", "已发送"),
    carrier="内容",
    done="小林已经收到两班船的时间。",
    system="你是一个细心的助手。",
    thought="两个港口可以同时查询。",
    said="我先查询两个港口。",
)

ARABIC = Task(
    request="ابحث عن العبّارة التالية من صور ومن صيدا ثم أرسل الموعدين إلى ليلى.",
    tools=(
        Tool("العبّارة_التالية", "موعد العبّارة", {"ميناء": "string"}),
        Tool("أرسل_رسالة", "يرسل رسالة", {"إلى": "string", "نص": "string"}),
    ),
    calls=(
        Call("العبّارة_التالية", {"ميناء": "صور"}),
        Call("العبّارة_التالية", {"ميناء": "صيدا"}),
        Call("أرسل_رسالة", {"إلى": "ليلى", "نص": "صور ٠٩:٤٠، صيدا ١٦:٠٥"}),
    ),
    results=("٠٩:٤٠", "١٦:٠٥", "تم"),
    carrier="نص",
    done="وصل الموعدان إلى ليلى.",
)

TURKISH = Task(
    request="Iğdır ve İzmir için ilk otobüsü bul, sonra ikisini de Şule'ye yaz.",
    tools=(
        Tool("İlk_Otobüs", "İlk otobüsün saati.", {"şehir": "string"}),
        Tool("yazı_gönder", "Kısa bir yazı gönderir.", {"kime": "string", "yazı": "string"}),
    ),
    calls=(
        Call("İlk_Otobüs", {"şehir": "Iğdır"}),
        Call("İlk_Otobüs", {"şehir": "İzmir"}),
        Call("yazı_gönder", {"kime": "Şule", "yazı": "Iğdır: IĞ-0640, İzmir: İZ-0715"}),
    ),
    results=("IĞ-0640", "İZ-0715", "gönderildi"),
    carrier="yazı",
    done="İkisi de Şule'ye yazıldı.",
)

EMOJI = Task(
    request="Get the mood codes of the 🐙 tank and of the 🦀 tank, then post both to the keepers 👩🏽‍🔬.",
    tools=(
        Tool("🐠_mood", "Mood of a tank 🫧", {"tank": "string"}),
        Tool("post_📮", "Posts a text", {"to": "string", "text ✏️": "string"}),
    ),
    calls=(
        Call("🐠_mood", {"tank": "🐙"}),
        Call("🐠_mood", {"tank": "🦀"}),
        Call("post_📮", {"to": "keepers 👩🏽‍🔬", "text ✏️": "🐙 calm-81 💤, 🦀 busy-17 ⚡"}),
    ),
    results=("calm-81 💤", "busy-17 ⚡", "✅"),
    carrier="text ✏️",
    done="Posted 📮",
)

SLASHES = Task(
    request="Fetch the tide at Skerries and the tide at Howth, then file both under harbour notes.",
    tools=(
        Tool("/v1/Tide Times/by port", "Tide of a port.", {"port": "string"}),
        Tool("Harbour Log: add", "Adds a line.", {"under": "string", "line": "string"}),
    ),
    calls=(
        Call("/v1/Tide Times/by port", {"port": "Skerries"}),
        Call("/v1/Tide Times/by port", {"port": "Howth"}),
        Call("Harbour Log: add", {"under": "harbour notes", "line": "Skerries 4.15 m (rising), Howth 3.72 m [falling]"}),
    ),
    results=("4.15 m (rising)", "3.72 m [falling]", "filed"),
    carrier="line",
    done="Both tides are filed.",
)  # fmt: skip

TASKS = {
    "ferries": FERRIES,
    "quotes": QUOTES,
    "chinese": CHINESE,
    "arabic": ARABIC,
    "turkish": TURKISH,
    "emoji": EMOJI,
    "slashes": SLASHES,
}
