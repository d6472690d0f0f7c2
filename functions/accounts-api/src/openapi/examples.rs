//! Requests and answers as they look. A contract test holds each against its schema.

use serde_json::{Value, json};

/// The request of the demo.
pub(super) fn request() -> Value {
    serde_json::from_str(include_str!("../../../../events/account-request.json")).unwrap_or_default()
}

/// A request that gives every field.
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

pub(super) fn dry_run() -> Value {
    let mut request = request();
    request["accountEmail"] = "aws+payments-dev@example.com".into();
    json!({
        "dryRun": true,
        "action": "VEND",
        "requestId": "nsitwn5ke2shymhizrnj-1",
        "request": request,
        "accountQuota": { "limit": 10, "accounts": 10 },
        "obstacles": [{
            "code": "AccountLimitExceeded",
            "detail": "the organization has all of the 10 accounts that its quota allows",
            "remedy": "raise the quota 'Default maximum number of accounts' of AWS Organizations in us-east-1, then send the same request again",
            "owner": "platform",
        }],
    })
}

pub(super) fn adoption() -> Value {
    json!({ "accountId": "111122223333", "owner": "payments@example.com", "reason": "bought with the company" })
}

pub(super) fn failed() -> Value {
    let mut view = view("FAILED");
    view["failure"] = json!({
        "step": "EnableConfig",
        "code": "AccessDenied",
        "message": "could not put the recorder: AccessDeniedException: with an explicit deny in a service control policy",
        "remedy": "allow the action (look for a service control policy or a missing permission), then send the same request again",
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
    json!({
        "accountId": "111122223333",
        "requestId": "nsitwn5ke2shymhizrnj-1",
        "baselineVersion": "0.1.0",
        "recordedAt": "2026-11-22T10:01:02Z",
        "request": kept_request(),
        "account": view["account"],
        "steps": [{
            "step": "SetBudget",
            "standing": "DONE",
            "changed": true,
            "detail": "created the budget of 500 USD",
            "startedAt": "2026-11-22T10:00:31Z",
            "durationMs": 420,
            "readBackAt": "2026-11-22T10:00:31Z",
        }],
        "fromBirth": { "organizationalUnitAfterMs": 2500, "baselineAfterMs": 48000 },
        "digest": format!("sha256:{}", "0".repeat(64)),
    })
}

/// As it is kept: with everything that was derived.
fn kept_request() -> Value {
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

pub(super) fn wrong_account_id() -> Value {
    problems(
        "one thing must be corrected; nothing was done",
        &json!([{ "pointer": "/accountId", "detail": "must be the 12 digits of an account id, as a text" }]),
    )
}

pub(super) fn wrong_fields() -> Value {
    problems(
        "3 things must be corrected; nothing was done",
        &json!([
            { "pointer": "/accountName", "detail": "must have 1 to 50 printable ASCII characters other than < and >, and no space at either end" },
            { "pointer": "/githubDeploy/0/branches/1", "detail": "must not have * or ?: wildcards are refused, name each one that may deploy" },
            { "pointer": "/colour", "detail": "is not a field of a request; the fields are accountName, accountEmail, organizationalUnit, owner, reason, tags, access, githubDeploy, monthlyBudgetUsd, contacts" },
        ]),
    )
}

pub(super) fn wrong_identity() -> Value {
    problems(
        "one thing must be corrected; nothing was done",
        &json!([{ "pointer": "/accountName", "detail": "must stay `payments-dev`: renaming an account is not supported" }]),
    )
}

pub(super) fn wrong_parameters() -> Value {
    problems(
        "one thing must be corrected; nothing was done",
        &json!([{ "pointer": "?limit", "detail": "must be a number from 1 to 100" }]),
    )
}

pub(super) fn not_json() -> Value {
    problem(400, "Bad Request", "the body is not JSON: expected value at line 2 column 17")
}

pub(super) fn wrong_key() -> Value {
    problem(400, "Bad Request", "Idempotency-Key must have 1 to 255 printable ASCII characters")
}

pub(super) fn not_the_requester() -> Value {
    problem(
        403,
        "Forbidden",
        "only arn:aws:sts::123456789012:assumed-role/Developer, who asked for this account, and the operators of this stack may change it",
    )
}

pub(super) fn no_request() -> Value {
    problem(404, "Not Found", "there is no request `nsitwn5ke2shymhizrnj-9`")
}

pub(super) fn no_account() -> Value {
    problem(404, "Not Found", "there is no account with the key `nsitwn5ke2shymhizrnj`")
}

pub(super) fn no_such_account() -> Value {
    problem(404, "Not Found", "there is no account 111122223333 in the organization")
}

pub(super) fn in_the_root() -> Value {
    problem(409, "Conflict", "account 111122223333 is in the root; move it to an organizational unit first")
}

pub(super) fn other_content() -> Value {
    problem(
        409,
        "Conflict",
        "this account stands, with other content than this request; change it with PUT /accounts/nsitwn5ke2shymhizrnj",
    )
}

pub(super) fn unfinished() -> Value {
    problem(
        409,
        "Conflict",
        "request nsitwn5ke2shymhizrnj-1 for this account has not ended; see GET /accounts/nsitwn5ke2shymhizrnj-1, and send the change when it has",
    )
}

pub(super) fn key_in_progress() -> Value {
    problem(
        409,
        "Conflict",
        "the first request with this Idempotency-Key is still being answered; send the same request again",
    )
}

pub(super) fn too_large() -> Value {
    problem(413, "Payload Too Large", "the body must have at most 64 KiB")
}

pub(super) fn other_request() -> Value {
    problem(
        422,
        "Unprocessable Entity",
        "this Idempotency-Key came with another request in the last 24 hours; every request needs one of its own",
    )
}

pub(super) fn internal_server_error() -> Value {
    problem(500, "Internal Server Error", "the request could not be answered; the log of accounts-api says why")
}

pub(super) fn unavailable() -> Value {
    problem(503, "Service Unavailable", "AWS is busy or not reachable right now; send the same request again")
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

fn problem(status: u16, title: &str, detail: &str) -> Value {
    json!({ "type": "about:blank", "title": title, "status": status, "detail": detail })
}
