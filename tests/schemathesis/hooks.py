"""Lets schemathesis call the deployed API as a caller in the local organization: signed, and with what exists there."""

import hashlib
import re
from pathlib import Path

import schemathesis
import yaml
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.auth import AuthBase
from schemathesis import GenerationMode

# The OUs of local-cloud/organization.yaml in which everyone can request accounts.
ORGANIZATIONAL_UNITS = ["Sandbox", "Workloads", "Workloads/Development", "Workloads/Production"]

# The manifest of the local organization.
MANIFEST = yaml.safe_load(Path("local-cloud/organization.yaml").read_text())

# The ID of `acme`, which owns the repositories, in local-cloud/organization.yaml.
OWNER_ID = 1


class Signature(AuthBase):
    """Signs the request that is sent, as the management account of the local cloud."""

    signer = SigV4Auth(Credentials("test", "test"), "execute-api", "us-east-1")

    def __call__(self, request):
        signed = AWSRequest(request.method, request.url, data=request.body or b"")
        self.signer.add_auth(signed)
        request.headers.update(signed.headers.items())
        return request


schemathesis.auth.set_from_requests(Signature())


# The first request with each idempotency key.
REQUESTS = {}
# The names of the accounts that responses have shown, by account ID.
NAMES = {}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Changes a request that the schema allows into one that the local organization and stack allow."""
    allowed = case.meta is None or case.meta.generation.mode == GenerationMode.POSITIVE
    if allowed and isinstance(case.body, dict) and case.path in ("/accounts", "/accounts/{accountId}"):
        use_existing_resources(case.body)
        if case.method == "PUT":
            keep_name_and_email(case.body, case.path_parameters["accountId"])
    if allowed and isinstance(case.body, dict) and case.path == "/organization/plans":
        # The OpenAPI description leaves the manifest to organization.schema.json.
        case.body["manifest"] = MANIFEST
    if allowed and case.query:
        # Only a token from an earlier response is valid.
        case.query.pop("nextToken", None)
        if "organizationalUnit" in case.query:
            case.query["organizationalUnit"] = existing_unit(case.query["organizationalUnit"])
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = unique_key(case, case.headers["Idempotency-Key"], allowed)


@schemathesis.hook
def after_call(context, case, response):
    if case.path == "/accounts" and case.method == "GET" and response.status_code == 200:
        NAMES.update((account["accountId"], account["accountName"]) for account in response.json()["accounts"])


def unique_key(case, key, allowed):
    """The same key for the same request, which gets the first response, and another key for any other request."""
    request = repr((case.method, case.path_parameters, case.query, case.body))
    first = REQUESTS.setdefault(key, request)
    if first == request or not allowed:
        return key
    return hashlib.sha256(request.encode(errors="replace")).hexdigest()


def use_existing_resources(body):
    body["organizationalUnit"] = existing_unit(body.get("organizationalUnit"))
    # Not every name gives a valid email; see `emailPattern`.
    name = str(body.get("accountName"))
    email = body.get("accountEmail")
    if email is not None or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 -]{0,39}", name):
        # The email has to match the pattern as well.
        digest = hashlib.sha256(str(email or name).encode()).hexdigest()
        body["accountEmail"] = f"aws+{digest[:12]}@example.com"
    # The settings fix the security contact; see `contacts`.
    (body.get("contacts") or {}).pop("security", None)
    if body.get("access"):
        body["access"] = without_duplicates(body["access"])
    for number, deploy in enumerate(body.get("githubDeploy") or []):
        limit_deploy(deploy, f"acme/repository-{number}")


def existing_unit(unit):
    text = str(unit)
    return text if text in ORGANIZATIONAL_UNITS else ORGANIZATIONAL_UNITS[len(text) % len(ORGANIZATIONAL_UNITS)]


def without_duplicates(grants):
    """Each grant once: to the API, a field that is null is missing, but to JSON Schema the two differ."""
    grants = [{name: value for name, value in grant.items() if value is not None} for grant in grants]
    return [grant for number, grant in enumerate(grants) if grant not in grants[:number]]


def limit_deploy(deploy, repository):
    """Each repository once, with an allowed owner, and with one branch or environment: a role can trust only a few."""
    deploy["repository"] = repository
    if deploy.get("ownerId"):
        deploy["ownerId"] = OWNER_ID
    deploy["policyArns"] = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    for name, other in (("branches", "environments"), ("environments", "branches")):
        if deploy.get(name):
            deploy[name] = deploy[name][:1]
            deploy.pop(other, None)
            return


def keep_name_and_email(body, account_id):
    """An account cannot be renamed."""
    body["accountName"] = NAMES.get(account_id, "payments-dev")
    body["accountEmail"] = None
