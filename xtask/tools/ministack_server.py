"""Starts MiniStack so that it serves a busy machine.

It gives each JSONata expression a second of the wall clock, and fails the execution after it: here it gets a minute.

Each process of a function costs it two threads that wake ten times a second while the process is idle. With hundreds of
processes, as many requests at once have them, they leave it no time for anything else: here they sleep longer.
"""

import queue
import socketserver

import jsonata
from ministack.app import main

EXPRESSION_MILLISECONDS = 60_000
# As long as it may take until a server that is shut down has ended.
IDLE_SECONDS = 1

parse = jsonata.Jsonata.jsonata
get = queue.Queue.get
serve_forever = socketserver.BaseServer.serve_forever


def parse_patiently(expression, **options):
    return parse(expression, **(options | {"timeout": EXPRESSION_MILLISECONDS}))


def get_patiently(self, block=True, timeout=None):
    # The queue from which a function's process gets its next event has room for one.
    if self.maxsize == 1 and timeout is not None:
        timeout = max(timeout, IDLE_SECONDS)
    return get(self, block, timeout)


def serve_patiently(self, poll_interval=0.5):
    serve_forever(self, max(poll_interval, IDLE_SECONDS))


jsonata.Jsonata.jsonata = staticmethod(parse_patiently)
queue.Queue.get = get_patiently
socketserver.BaseServer.serve_forever = serve_patiently
main()
