"""Starts MiniStack with settings for a busy machine.

MiniStack limits each JSONata expression to one second of wall-clock time, and then fails the execution. Here, the limit
is one minute.

For each process of a function, MiniStack has two threads that wake up ten times a second while the process is idle. With
hundreds of processes (many concurrent requests), they use all of its time. Here, they sleep longer.

MiniStack runs all invoked functions at once. With sixty vends, that is hundreds of functions on two cores, so slow that
they reach their timeouts. Here, a few functions run for each core, and the others wait before their timeout starts. No
function invokes another function, so this cannot deadlock.
"""

import os
import queue
import socketserver
import threading

import jsonata
from ministack.app import main
from ministack.services import lambda_svc

EXPRESSION_MILLISECONDS = 60_000
# A server can take this long to shut down.
IDLE_SECONDS = 1
RUNNING_FUNCTIONS = 8 * max(os.cpu_count() or 1, 2)

parse = jsonata.Jsonata.jsonata
get = queue.Queue.get
serve_forever = socketserver.BaseServer.serve_forever
execute = lambda_svc._execute_function_dispatch
turns = threading.Semaphore(RUNNING_FUNCTIONS)


def parse_patiently(expression, **options):
    return parse(expression, **(options | {"timeout": EXPRESSION_MILLISECONDS}))


def get_patiently(self, block=True, timeout=None):
    # The queue of events for a process of a function has a size of one.
    if self.maxsize == 1 and timeout is not None:
        timeout = max(timeout, IDLE_SECONDS)
    return get(self, block, timeout)


def serve_patiently(self, poll_interval=0.5):
    serve_forever(self, max(poll_interval, IDLE_SECONDS))


def execute_in_turn(*arguments):
    with turns:
        return execute(*arguments)


jsonata.Jsonata.jsonata = staticmethod(parse_patiently)
queue.Queue.get = get_patiently
socketserver.BaseServer.serve_forever = serve_patiently
lambda_svc._execute_function_dispatch = execute_in_turn
main()
