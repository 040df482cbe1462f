"""A hub on loopback that takes uploads, as far as the real client asks: repositories, large files, commits.

It keeps what it is given as OWNER/NAME folders. Answers follow what the client reads of the real one.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from huggingface_hub import DatasetCard

TOKEN = "hf_abcdefghijklmnopqrstuvwxyz012345"
OWNER = "me"


class PushHub(ThreadingHTTPServer):
    """`faults` are (regex over "METHOD path", status); 0 cuts the connection. Each is used once."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.large: dict[str, bytes] = {}
        self.private: dict[str, bool] = {}
        self.commits: dict[str, int] = {}
        self.faults: list[tuple[str, int]] = []
        self.log: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def files(self, repo: str) -> dict[str, bytes]:
        folder = self.root / repo
        return {
            p.relative_to(folder).as_posix(): p.read_bytes()
            for p in sorted(folder.rglob("*"))
            if p.is_file()
        }


class _Handler(BaseHTTPRequestHandler):
    server: PushHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self, status: int, body: Any = None, **headers: str) -> None:
        content = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def _handle(self) -> None:
        path = self.path.split("?")[0]
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while chunk := int(self.rfile.readline(), 16):
                body += self.rfile.read(chunk)
                self.rfile.readline()
            self.rfile.readline()
        what = f"{self.command} {path}"
        self.server.log.append(what)
        for fault in self.server.faults:
            if re.search(fault[0], what):
                self.server.faults.remove(fault)
                if not fault[1]:
                    self.close_connection = True
                    return
                self._answer(fault[1], {"error": "planted"})
                return
        if (
            not path.startswith("/large/")
            and self.headers.get("Authorization") != f"Bearer {TOKEN}"
        ):
            self._answer(401, {"error": "Invalid username or password."})
            return
        for pattern, answer in ROUTES:
            if match := re.fullmatch(pattern, what):
                answer(self, body, *match.groups())
                return
        self._answer(404, {"error": f"no route: {what}"})

    do_GET = do_POST = do_PUT = _handle

    def create(self, body: bytes) -> None:
        asked = json.loads(body)
        repo = f"{asked['organization'] or OWNER}/{asked['name']}"
        if asked["organization"] not in (None, OWNER):
            self._answer(403, {"error": "You don't have the rights"})
            return
        if (self.server.root / repo).is_dir():
            self._answer(409, {"error": "You already created this dataset repo"})
            return
        (self.server.root / repo).mkdir(parents=True)
        self.server.private[repo] = asked.get("visibility") == "private" or bool(
            asked.get("private")
        )
        self._answer(200, {"url": f"{self.server.url}/datasets/{repo}", "name": repo})

    def info(self, _: bytes, repo: str, revision: str | None = None) -> None:
        if not (self.server.root / repo).is_dir():
            self._answer(404, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
            return
        siblings = []
        for name, content in self.server.files(repo).items():
            sha = hashlib.sha256(content).hexdigest()
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            large = {"lfs": {"sha256": sha, "size": len(content), "pointerSize": 133}}
            siblings.append(
                {"rfilename": name, "size": len(content), "blobId": blob}
                | (large if sha in self.server.large else {})
            )
        commit = self.server.commits.get(repo, 0)
        self._answer(
            200,
            {"id": repo, "sha": f"{commit:040x}", "private": self.server.private.get(repo, False)}
            | {"gated": False, "disabled": False, "siblings": siblings},
        )

    def preupload(self, body: bytes, repo: str, _: str) -> None:
        files = [
            {"path": one["path"], "uploadMode": mode, "shouldIgnore": False, "oid": None}
            for one in json.loads(body)["files"]
            for mode in ["lfs" if one["path"].endswith(".parquet") else "regular"]
        ]
        self._answer(200, {"files": files})

    def batch(self, body: bytes, repo: str) -> None:
        objects = []
        for one in json.loads(body)["objects"]:
            known = one["oid"] in self.server.large
            href = f"{self.server.url}/large/{one['oid']}"
            objects.append(one if known else {**one, "actions": {"upload": {"href": href}}})
        self._answer(200, {"transfer": "basic", "objects": objects})

    def large(self, body: bytes, oid: str) -> None:
        assert hashlib.sha256(body).hexdigest() == oid
        self.server.large[oid] = body
        self._answer(200, {})

    def commit(self, body: bytes, repo: str, _: str) -> None:
        folder = self.server.root / repo
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "deletedFile":
                (folder / value["path"]).unlink()
            elif line["key"] in ("file", "lfsFile"):
                path = folder / value["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                small = line["key"] == "file"
                content = (
                    base64.b64decode(value["content"]) if small else self.server.large[value["oid"]]
                )
                path.write_bytes(content)
        self.server.commits[repo] = number = self.server.commits.get(repo, 0) + 1
        page = f"{self.server.url}/datasets/{repo}/commit/{number:040x}"
        self._answer(200, {"success": True, "commitOid": f"{number:040x}", "commitUrl": page})

    def validate(self, body: bytes) -> None:
        card = DatasetCard(json.loads(body)["content"])
        wrong = [] if card.data.license else [{"message": '"license" is missing'}]
        self._answer(400 if wrong else 200, {"errors": wrong, "warnings": []})

    def branch(self, _: bytes, repo: str, name: str) -> None:
        self._answer(200, {})


_ID = r"([\w.-]+/[\w.-]+)"
ROUTES: list[tuple[str, Callable[..., None]]] = [
    ("POST /api/repos/create", _Handler.create),
    ("POST /api/validate-yaml", _Handler.validate),
    (f"GET /api/datasets/{_ID}", _Handler.info),
    (f"GET /api/datasets/{_ID}/revision/(.+)", _Handler.info),
    (f"POST /api/datasets/{_ID}/preupload/(.+)", _Handler.preupload),
    (f"POST /datasets/{_ID}.git/info/lfs/objects/batch", _Handler.batch),
    ("PUT /large/(.+)", _Handler.large),
    (f"POST /api/datasets/{_ID}/commit/(.+)", _Handler.commit),
    (f"POST /api/datasets/{_ID}/branch/(.+)", _Handler.branch),
]
