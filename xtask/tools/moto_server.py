"""Starts moto with settings for an organization of hundreds of accounts.

moto copies all 1,400 AWS managed policies into every account, which takes a second and megabytes for each account. Here,
it has only the policies that the local cloud uses.

For each request, moto lists its own folders, matches the host with the patterns of all services, and searches the access
key in every partition of every account. Here, the results are cached, and the search begins with the newest accounts.
"""

import functools
import json
import sys

from moto.iam import models
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.server import main

NAMES = {"AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "SecurityAudit", "ViewOnlyAccess"}

known = json.loads(models.aws_managed_policies_data)
models.aws_managed_policies_data = json.dumps({name: known[name] for name in NAMES})


@functools.cache
def account_of(access_key):
    """The account of an access key. A key is used only after it was created, so the result can be cached."""
    for account, partitions in reversed(list(models.iam_backends.items())):
        if access_key in partitions["aws"].access_keys:
            return account
    return models.DEFAULT_ACCOUNT_ID


models.get_account_id_from = account_of
DomainDispatcherApplication.get_backend_for_host = functools.cache(DomainDispatcherApplication.get_backend_for_host)
main(sys.argv[1:])
