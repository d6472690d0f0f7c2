//! Examples of requests and responses. A contract test validates each against its schema.

use serde_json::{Value, json};
use vending_api::openapi::problem;

/// The request of the demo.
pub(super) fn request() -> Value {
    serde_json::from_str(include_str!("../../../../../events/account-request.json")).unwrap_or_default()
}

/// A request with every field.
pub(super) fn full_request() -> Value {
    let mut request = request();
    request["accountEmail"] = "aws+payments-dev@example.com".into();
    request["access"] = json!([
        { "group": "payments-developers", "permissionSet": "PowerUserAccess" },
        { "user": "lead@example.com", "permissionSet": "AdministratorAccess" },
    ]);
    request["githubDeploy"] = json!([{
        "repository": "acme/payments",
        "ownerId": 9919,
        "repositoryId": 1_296_269,
        "branches": ["main"],
        "environments": ["production"],
        "policyArns": ["arn:aws:iam::aws:policy/PowerUserAccess"],
        "classicSubject": true,
    }]);
    request["monthlyBudgetUsd"] = 500.into();
    request["contacts"] = json!({
        "security": contact("Sam Winter", "Head of Security", "security@example.com"),
        "billing": contact("Bo Field", "Controller", "billing@example.com"),
        "operations": contact("On call", "Platform team", "operations@example.com"),
    });
    request
}

fn contact(name: &str, title: &str, email: &str) -> Value {
    json!({ "name": name, "title": title, "email": email, "phone": "+49 30 5550100" })
}

pub(super) fn accepted() -> Value {
    json!({ "requestId": "nsitwn5ke2shymhizrnj-1", "status": "IN_PROGRESS" })
}

pub(super) fn vended() -> Value {
    let mut view = view("VENDED");
    view["account"]["engineerRoleArn"] = "arn:aws:iam::111122223333:role/account-vending/access/Engineer".into();
    view
}

pub(super) fn plan_request() -> Value {
    json!({ "requests": [request()] })
}

pub(super) fn plan() -> Value {
    json!({
        "requests": [{
            "action": "CHANGE",
            "requestId": "nsitwn5ke2shymhizrnj-2",
            "basis": "nsitwn5ke2shymhizrnj-1",
            "accountId": "111122223333",
            "request": stored_request(),
            "changes": [{ "pointer": "/monthlyBudgetUsd", "from": 300, "to": 500 }],
            "blockers": [],
        }],
        "accountQuota": { "limit": 10, "accounts": 10 },
        "blockers": [{
            "code": "AccountLimitExceeded",
            "pointer": null,
            "detail": "the organization has 10 accounts, and its quota is 10: 1 more would exceed it",
            "remedy": "request an increase of the AWS Organizations quota 'Default maximum number of accounts' in us-east-1, then send the same request again",
            "owner": "platform",
        }],
    })
}

pub(super) fn hand_over() -> Value {
    json!({ "requester": "arn:aws:iam::111122223333:role/Platform" })
}

pub(super) fn adoption() -> Value {
    json!({ "owner": "payments@example.com", "reason": "bought with the company" })
}

pub(super) fn failed() -> Value {
    let mut view = view("FAILED");
    view["failure"] = json!({
        "step": "EnableConfig",
        "code": "AccessDenied",
        "message": "could not put the recorder: AccessDeniedException: with an explicit deny in a service control policy",
        "remedy": "allow the action (check service control policies and permissions), then send the same request again",
        "owner": "platform",
    });
    view
}

fn view(status: &str) -> Value {
    json!({
        "requestId": "nsitwn5ke2shymhizrnj-1",
        "status": status,
        "requestedBy": "arn:aws:sts::123456789012:assumed-role/Developer/alice",
        "submittedBy": "arn:aws:sts::123456789012:assumed-role/Developer/alice",
        "requestedAt": "2026-11-22T10:00:00Z",
        "account": {
            "id": "111122223333",
            "name": "payments-dev",
            "email": "aws+payments-dev@example.com",
            "organizationalUnit": "Workloads/Development",
            "vendingRoleArn": "arn:aws:iam::111122223333:role/account-vending/AccountVending",
            "engineerRoleArn": null,
        },
        "steps": [{
            "step": "MoveAccount",
            "status": "SUCCEEDED",
            "startedAt": "2026-11-22T10:00:06Z",
            "durationMs": 310,
            "changed": true,
            "detail": "moved from r-a1b2 to ou-a1b2-cd34ef56",
            "readBackAt": null,
        }],
        "failure": null,
    })
}

pub(super) fn account_record() -> Value {
    let view = view("VENDED");
    let baseline = json!({
        "requestId": "nsitwn5ke2shymhizrnj-1",
        "baselineVersion": "0.1.0",
        "recordedAt": "2026-11-22T10:01:02Z",
        "request": stored_request(),
        "account": view["account"],
        "steps": [{
            "step": "SetBudget",
            "status": "SUCCEEDED",
            "changed": true,
            "detail": "created the budget of 500 USD",
            "startedAt": "2026-11-22T10:00:31Z",
            "durationMs": 420,
            "readBackAt": "2026-11-22T10:00:31Z",
        }],
        "timeToGuardrails": { "organizationalUnitAfterMs": 2500, "baselineAfterMs": 48000 },
        "digest": format!("sha256:{}", "0".repeat(64)),
    });
    json!({
        "schemaVersion": 1,
        "accountId": "111122223333",
        "accountName": "payments-dev",
        "accountEmail": "aws+payments-dev@example.com",
        "requestId": "nsitwn5ke2shymhizrnj-1",
        "requestedBy": "arn:aws:sts::123456789012:assumed-role/Developer/alice",
        "owner": "payments@example.com",
        "organizationalUnit": "Workloads/Development",
        "organizationalUnitId": "ou-a1b2-cd34ef56",
        "state": "ACTIVE",
        "stateSince": "2026-11-22T10:00:06Z",
        "hadStackResource": false,
        "baseline": baseline,
    })
}

/// The stored request, with derived values.
fn stored_request() -> Value {
    let mut request = request();
    request["accountEmail"] = "aws+payments-dev@example.com".into();
    request
}

pub(super) fn page() -> Value {
    json!({
        "requests": [{
            "requestId": "nsitwn5ke2shymhizrnj-1",
            "status": "VENDED",
            "accountName": "payments-dev",
            "accountId": "111122223333",
            "organizationalUnit": "Workloads/Development",
            "requestedBy": "arn:aws:sts::123456789012:assumed-role/Developer/alice",
            "requestedAt": "2026-11-22T10:00:00Z",
        }],
        "nextToken": null,
    })
}

pub(super) fn account_page() -> Value {
    json!({
        "accounts": [{
            "accountId": "111122223333",
            "accountName": "payments-dev",
            "accountEmail": "aws+payments-dev@example.com",
            "organizationalUnit": "Workloads/Development",
            "owner": "payments@example.com",
            "requestedBy": "arn:aws:sts::123456789012:assumed-role/Developer/alice",
            "requestId": "nsitwn5ke2shymhizrnj-1",
            "state": "ACTIVE",
            "stateSince": "2026-11-22T10:00:06Z",
            "baselineVersion": "0.1.0",
        }],
        "nextToken": null,
    })
}

pub(super) fn wrong_owner() -> Value {
    problems(
        "the request has 1 validation error",
        &json!([{ "pointer": "/owner", "detail": "must be a string, not a number" }]),
    )
}

pub(super) fn wrong_requester() -> Value {
    problems(
        "the request has 1 validation error",
        &json!([{ "pointer": "/requester", "detail": "must be the ARN of an IAM user or role, or the ID of a CloudFormation stack, for example arn:aws:iam::111122223333:role/Platform" }]),
    )
}

pub(super) fn wrong_list() -> Value {
    problems(
        "the request has 1 validation error",
        &json!([{ "pointer": "/requests", "detail": "must be a list of 1 to 100 requests" }]),
    )
}

pub(super) fn wrong_fields() -> Value {
    problems(
        "the request has 3 validation errors",
        &json!([
            { "pointer": "/accountName", "detail": "must have 1 to 50 printable ASCII characters other than < and >, without a space at either end" },
            { "pointer": "/githubDeploy/0/branches/1", "detail": "must not have * or ?: wildcards are not allowed, list each one that may deploy" },
            { "pointer": "/color", "detail": "is an unknown field; expected one of accountName, accountEmail, organizationalUnit, owner, reason, tags, access, githubDeploy, monthlyBudgetUsd, contacts" },
        ]),
    )
}

pub(super) fn wrong_identity() -> Value {
    problems(
        "the request has 1 validation error",
        &json!([{ "pointer": "/accountName", "detail": "must be `payments-dev`: renaming an account is not supported" }]),
    )
}

pub(super) fn wrong_parameters() -> Value {
    problems(
        "the request has 1 validation error",
        &json!([{ "pointer": "?limit", "detail": "must be a number from 1 to 100" }]),
    )
}

pub(super) fn not_json() -> Value {
    problem(400, "Bad Request", "the body is not valid JSON: expected value at line 2 column 17")
}

pub(super) fn wrong_key() -> Value {
    problem(400, "Bad Request", "Idempotency-Key must have 1 to 255 printable ASCII characters")
}

pub(super) fn not_the_requester() -> Value {
    problem(
        403,
        "Forbidden",
        "only arn:aws:sts::123456789012:assumed-role/Developer, who requested this account, and operators can change it",
    )
}

pub(super) fn no_request() -> Value {
    problem(404, "Not Found", "there is no request `nsitwn5ke2shymhizrnj-9`")
}

pub(super) fn no_account() -> Value {
    problem(404, "Not Found", "there is no record of an account `111122223333`")
}

pub(super) fn no_such_account() -> Value {
    problem(404, "Not Found", "account 111122223333 is not in the organization")
}

pub(super) fn in_the_root() -> Value {
    problem(409, "Conflict", "account 111122223333 is in the root; move it to an OU first")
}

pub(super) fn different_settings() -> Value {
    problem(
        409,
        "Conflict",
        "the account already exists with different settings; use PUT /accounts/111122223333 to change it",
    )
}

pub(super) fn unfinished() -> Value {
    problem(
        409,
        "Conflict",
        "request nsitwn5ke2shymhizrnj-1 for this account has not ended; wait until GET /requests/nsitwn5ke2shymhizrnj-1 shows that it has ended, then send the change again",
    )
}

pub(super) fn key_in_progress() -> Value {
    problem(
        409,
        "Conflict",
        "the first request with this Idempotency-Key is still in progress; send the same request again",
    )
}

pub(super) fn too_large(maximum: &str) -> Value {
    problem(413, "Payload Too Large", &format!("the body must be at most {maximum}"))
}

pub(super) fn other_request() -> Value {
    problem(
        422,
        "Unprocessable Entity",
        "this Idempotency-Key was used for another request in the last 24 hours; use a new key for each request",
    )
}

pub(super) fn internal_server_error() -> Value {
    problem(500, "Internal Server Error", "internal error; see the log of the function")
}

pub(super) fn unavailable() -> Value {
    problem(503, "Service Unavailable", "AWS throttles or is unavailable; send the same request again")
}

pub(super) fn not_signed() -> Value {
    json!({ "message": "Missing Authentication Token" })
}

pub(super) fn too_many_requests() -> Value {
    json!({ "message": "Too Many Requests" })
}

fn problems(detail: &str, problems: &Value) -> Value {
    let mut document = problem(400, "Bad Request", detail);
    document["problems"] = problems.clone();
    document
}
