"""The HTTP interface of ClickHouse in front of chdb: enough of it for the tests. Usage: chdb_front.py PORT"""
import json
import re
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

from chdb import session

SESSION = session.Session()
LOCK = threading.Lock()


def parts(kind, body):
    """The fields of a form, and its files."""
    boundary = b"--" + re.search("boundary=(.*)", kind).group(1).encode()
    fields, files = {}, {}
    for part in body.split(boundary)[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head).group(1).decode()
        (files if b"filename=" in head else fields)[name] = value[:-2]
    return fields, files


def written(data):
    file = tempfile.NamedTemporaryFile(suffix=".tsv")
    file.write(data)
    file.flush()
    return file


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        query = parse_qs(urlparse(self.path).query).get("query", [""])[0]
        kind = self.headers.get("Content-Type", "")
        with LOCK:
            try:
                self.answer(200, self.run(query, kind, body))
            except Exception as error:  # what chdb reports
                self.answer(500, str(error).encode())

    def run(self, query, kind, body):
        if not kind.startswith("multipart/form-data"):
            if query.startswith("INSERT"):
                with written(body) as file:
                    into, shape = query.rsplit(" FORMAT ", 1)
                    SESSION.query(f"{into} FROM INFILE '{file.name}' FORMAT {shape}")
                return b""
            if body.startswith(b"INSERT"):
                SESSION.query(body.decode())
                return b""
            return SESSION.query(body.decode(), "JSONCompact").bytes()
        fields, files = parts(kind, body)
        for name, rows in files.items():
            structure = fields[name + "_structure"].decode()
            SESSION.query(f"CREATE TABLE {name} ({structure}) ENGINE = Memory")
            with written(rows) as file:
                SESSION.query(f"INSERT INTO {name} FROM INFILE '{file.name}' FORMAT TabSeparated")
        try:
            return SESSION.query(fields["query"].decode(), "JSONCompact").bytes()
        finally:
            for name in files:
                SESSION.query(f"DROP TABLE {name}")


SESSION.query("CREATE DATABASE IF NOT EXISTS tests")
SESSION.query("USE tests")
server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print(json.dumps({"version": str(SESSION.query("SELECT version()")).strip()}), flush=True)
server.serve_forever()
