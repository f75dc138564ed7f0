"""Coders who all write at once, in a process of their own: reads a job from stdin, prints what happened as JSON."""

import json
import random
import sys
import time
import uuid
from threading import Barrier, Thread

from .http import Connection, bearer


def write(job, token, seed, ready, found):
    """One coder: applies a code to a stretch, waits for the answer, goes on."""
    chance = random.Random(seed)
    connection = Connection(job["port"], bearer(token))
    path = f"/api/transcripts/{job['transcript']}/changes/"
    connection.get(f"{path}?after=999999999")  # connections are made, to the server and to its database
    ready.wait(timeout=60)
    until = time.perf_counter() + job["seconds"]
    while time.perf_counter() < until:
        start = chance.randrange(job["length"] - 300)
        change = {
            "id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "do": "apply",
            "start": start,
            "end": start + chance.randint(20, 280),
            "code": chance.choice(job["codes"]),
        }
        try:
            answer, seconds = connection.post_json(path, {"revision": job["revision"], "changes": [change]})
        except (RuntimeError, OSError) as error:
            found["errors"].append(str(error))
            return
        state = answer["results"][0]["state"]
        if state == "done":
            found["done"].append(change["id"])
            found["seconds"].append(seconds)
        elif state == "refused":
            found["errors"].append(str(answer["results"][0]))


def main():
    job = json.load(sys.stdin)
    found = {"done": [], "seconds": [], "errors": []}
    ready = Barrier(len(job["tokens"]) + 1)
    threads = [
        Thread(target=write, args=(job, token, 1_000 * job["seed"] + i, ready, found))
        for i, token in enumerate(job["tokens"])
    ]
    for thread in threads:
        thread.start()
    ready.wait(timeout=60)
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    json.dump({**found, "elapsed": time.perf_counter() - start}, sys.stdout)


if __name__ == "__main__":
    main()
