"""Ask a YAML language server about the bundled files, and about one with mistakes: `ask_language_server.py SERVER`.

Speaks the Language Server Protocol 3.17 over standard input and output.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
BUNDLED = [ROOT / "monitor.yaml", *sorted((ROOT / "rules").glob("*.yaml")), ROOT / "seeds" / "feeds.yaml"]
WRONG = """# yaml-language-server: $schema={schema}
rules:
  wheat:
    term: [wheat]
  rye:
    terms: [rye]
    priority: hihg
"""
EXPECTED = ("term is not allowed", '"low", "normal", "high", "urgent"')
SETTINGS = {"yaml": {"validate": True, "schemaStore": {"enable": False}}}


class Server:
    """A running language server."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._ids = 0
        self._request("initialize", {"processId": None, "rootUri": ROOT.as_uri(), "capabilities": {}})
        self._send({"method": "initialized", "params": {}})
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": SETTINGS}})

    def diagnose(self, path: Path) -> list[str]:
        """Open a file, and return what the server has to say about it."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": path.read_text(encoding="utf-8")}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while True:
            message = self._receive()
            told = message.get("params") if message.get("method") == "textDocument/publishDiagnostics" else None
            if told and told["uri"] == path.as_uri():
                return [found["message"] for found in told["diagnostics"]]

    def close(self) -> None:
        """Shut the server down."""
        self._request("shutdown", None)
        self._send({"method": "exit"})
        self._process.communicate(timeout=10)

    def _request(self, method: str, params: Any) -> None:
        self._ids += 1
        self._send({"id": self._ids, "method": method, "params": params})
        while self._receive().get("id") != self._ids:
            pass

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe = _opened(self._process.stdin)
        pipe.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        pipe.flush()

    def _receive(self) -> dict[str, Any]:
        """Read the next message; what the server asks of us is answered on the way."""
        pipe = _opened(self._process.stdout)
        length = 0
        while (line := pipe.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise SystemExit("the server has gone")
        message: dict[str, Any] = json.loads(pipe.read(length))
        if "method" in message and "id" in message:
            wanted = message["params"].get("items", []) if message["method"] == "workspace/configuration" else []
            result = [SETTINGS.get(item.get("section"), {}) for item in wanted]
            self._send({"id": message["id"], "result": result or None})
        return message


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise SystemExit("the server has no pipes")
    return pipe


def main(server_path: str) -> int:
    """Print what the server says about each file, and return how many answers are not what they should be."""
    server = Server([server_path, "--stdio"])
    wrong = 0
    for path in BUNDLED:
        found = server.diagnose(path)
        wrong += bool(found)
        print(f"{path.relative_to(ROOT)}: {found or 'accepted'}")
    with tempfile.TemporaryDirectory() as folder:
        broken = Path(folder) / "broken.yaml"
        broken.write_text(WRONG.format(schema=(ROOT / ".schema" / "rules.json").as_uri()), encoding="utf-8")
        found = server.diagnose(broken)
    print(f"a file with two mistakes: {found}")
    wrong += not all(any(part.lower() in message.lower() for message in found) for part in EXPECTED)
    server.close()
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
