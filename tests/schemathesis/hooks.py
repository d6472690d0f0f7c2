"""Lets schemathesis call the deployed API as somebody in the demo's organization does: signed, and for OUs that exist."""

import hashlib
import re

import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.auth import AuthBase
from schemathesis import GenerationMode

# Those of xtask/src/organization.rs that are not protected.
ORGANIZATIONAL_UNITS = ["Sandbox", "Workloads", "Workloads/Development", "Workloads/Production"]


class Signature(AuthBase):
    """Signs what is really sent, as the local cloud's management account."""

    signer = SigV4Auth(Credentials("test", "test"), "execute-api", "us-east-1")

    def __call__(self, request):
        signed = AWSRequest(request.method, request.url, data=request.body or b"")
        self.signer.add_auth(signed)
        request.headers.update(signed.headers.items())
        return request


schemathesis.auth.set_from_requests(Signature())


# Which request each idempotency key came with.
REQUESTS = {}


@schemathesis.hook
def before_call(context, case, kwargs):
    """What the schema allows is made into what this organization and this stack allow."""
    allowed = case.meta is None or case.meta.generation.mode == GenerationMode.POSITIVE
    if allowed and isinstance(case.body, dict):
        ask_for_what_there_is(case.body)
        if case.method == "PUT":
            keep_name_and_email(case.body)
    if allowed and case.query:
        # A token is what an earlier answer gave; no other text is one.
        case.query.pop("nextToken", None)
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = key_of_its_own(case, case.headers["Idempotency-Key"], allowed)


def key_of_its_own(case, key, allowed):
    """The same key for the same request, which is answered as the first time, and another for any other."""
    request = repr((case.method, case.path_parameters, case.query, case.body))
    first = REQUESTS.setdefault(key, request)
    if first == request or not allowed:
        return key
    return hashlib.sha256(request.encode(errors="replace")).hexdigest()


def ask_for_what_there_is(body):
    text = str(body.get("organizationalUnit"))
    if text not in ORGANIZATIONAL_UNITS:
        body["organizationalUnit"] = ORGANIZATIONAL_UNITS[len(text) % len(ORGANIZATIONAL_UNITS)]
    # Not every name makes an email; see `EmailPattern`.
    name = str(body.get("accountName"))
    if body.get("accountEmail") is None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 -]{0,39}", name):
        digest = hashlib.sha256(name.encode()).hexdigest()
        body["accountEmail"] = f"aws+{digest[:12]}@example.com"
    for number, deploy in enumerate(body.get("githubDeploy") or []):
        deploy_from_one_place(deploy, f"acme/repository-{number}")


def deploy_from_one_place(deploy, repository):
    """Each repository once, as the stack allows it, and with no more places than one role can trust."""
    deploy["repository"] = repository
    deploy["policyArns"] = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    for name, other in (("branches", "environments"), ("environments", "branches")):
        if deploy.get(name):
            deploy[name] = deploy[name][:1]
            deploy.pop(other, None)
            return


def keep_name_and_email(body):
    """An account cannot be renamed. The one that stands, under the key of the examples, is that of the example."""
    body["accountName"] = "payments-dev"
    body["accountEmail"] = None
