"""Starts moto with the AWS managed policies that the local cloud uses.

moto knows all 1,400, but copies them into every account: a second, and megabytes, for each account that is vended.
"""

import json
import sys

from moto.iam import models
from moto.server import main

NAMES = {"AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "SecurityAudit", "ViewOnlyAccess"}

known = json.loads(models.aws_managed_policies_data)
models.aws_managed_policies_data = json.dumps({name: known[name] for name in NAMES})
main(sys.argv[1:])
