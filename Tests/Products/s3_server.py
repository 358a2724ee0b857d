#!/usr/bin/env python3
"""Serves the working folder as the bucket "scenes" of an S3 server, by GET, ranges and lists of version 1, and as a
plain web server; fails at seeded requests: by status 503, by closing at once, and by closing in the middle; and at
the first request for a later page of a list. With the argument "calm" at that one alone.

Prints its port, then a line for each failure."""
import http.server
import os
import random
import re
import sys
import threading
import urllib.parse

SEED = 6
luck, lock = random.Random(SEED), threading.Lock()
marked = []  # The first request for a later page of a list, which fails.


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words): pass
    def do_HEAD(self): self.answer(False)
    def do_GET(self): self.answer(True)

    def send(self, status, body, headers=(), has_body=True, share=1.0):
        self.send_response(status)
        for name, value in headers: self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if has_body: self.wfile.write(body[:int(len(body) * share)])

    def answer(self, has_body):
        with lock: chance = 1 if sys.argv[1:] == ["calm"] else luck.random()
        if chance < 0.15:
            print("busy", flush=True)
            return self.send(503, b"", has_body=has_body)
        if chance < 0.25:
            print("closed", flush=True)
            self.close_connection = True
            return
        address = urllib.parse.urlparse(self.path)
        path = urllib.parse.unquote(address.path).removeprefix("/scenes").strip("/")
        query = dict(urllib.parse.parse_qsl(address.query))
        if query and not path:
            if "marker" in query and not marked:
                marked.append(query["marker"])
                print("page", flush=True)
                return self.send(500, b"", has_body=has_body)
            return self.send(200, listing(query), has_body=has_body)
        if not os.path.isfile(path):
            return self.send(404, b"<Error><Code>NoSuchKey</Code></Error>", has_body=has_body)
        with open(path, "rb") as file: data = file.read()
        asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        status, headers = 200, [("Accept-Ranges", "bytes")]
        if asked:
            first, last = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
            status = 206
            headers.append(("Content-Range", f"bytes {first}-{last}/{len(data)}"))
            data = data[first:last + 1]
        is_cut = has_body and chance < 0.3
        if is_cut:
            print("cut", flush=True)
            self.close_connection = True
        self.send(status, data, headers, has_body, 0.5 if is_cut else 1)


def listing(query):
    """A page of the keys and folders right below a prefix, as ListObjects answers."""
    prefix, most = query.get("prefix", ""), int(query.get("max-keys", 1000))
    folder = prefix.rstrip("/") or "."
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    names = [name for name in names if prefix + name > query.get("marker", "")]
    keys, folders = "", ""
    for name in names[:most]:
        key = prefix + name
        if os.path.isdir(key): folders += f"<CommonPrefixes><Prefix>{key}/</Prefix></CommonPrefixes>"
        else:
            keys += (f"<Contents><Key>{key}</Key><LastModified>2020-05-18T00:00:00.000Z</LastModified>"
                     f"<Size>{os.path.getsize(key)}</Size></Contents>")
    is_cut = len(names) > most
    following = f"<NextMarker>{prefix + names[most - 1]}</NextMarker>" if is_cut else ""
    return (f"<?xml version=\"1.0\"?><ListBucketResult><Name>scenes</Name><Prefix>{prefix}</Prefix>"
            f"<IsTruncated>{str(is_cut).lower()}</IsTruncated>{following}{keys}{folders}"
            "</ListBucketResult>").encode()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
