"""Starts MiniStack with time for its JSONata.

It gives each expression a second of the wall clock, and fails the execution after it: a busy machine needs more.
"""

import jsonata
from ministack.app import main

MILLISECONDS = 60_000

parse = jsonata.Jsonata.jsonata


def parse_patiently(expression, **options):
    return parse(expression, **(options | {"timeout": MILLISECONDS}))


jsonata.Jsonata.jsonata = staticmethod(parse_patiently)
main()
