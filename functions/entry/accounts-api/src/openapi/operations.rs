//! The routes, each with its parameters, its body, and its responses.

use serde_json::{Map, Value, json};
use vending_api::openapi::component;

use super::responses::{self, Responses};
use super::{examples, object};

/// One method of one path.
struct Operation {
    method: &'static str,
    path: &'static str,
    /// The name of the operation in generated clients.
    id: &'static str,
    summary: &'static str,
    description: &'static str,
    parameters: Vec<Value>,
    /// The schema of the body, and examples.
    body: Option<(&'static str, Vec<(&'static str, Value)>)>,
    responses: Responses,
}

/// Every operation that `lib.rs` has a route for.
fn all() -> [Operation; 9] {
    [
        request_account(),
        plan_accounts(),
        list_accounts(),
        get_account(),
        change_account(),
        hand_over_account(),
        adopt_account(),
        list_requests(),
        get_request(),
    ]
}

fn request_account() -> Operation {
    Operation {
        method: "post",
        path: "/accounts",
        id: "requestAccount",
        summary: "Request an account",
        description: "The same request sent again, or many times concurrently, is one account. After a failure, the same request continues where it stopped.",
        parameters: vec![idempotency_key()],
        body: Some(account_request()),
        responses: [
            responses::request("The account exists with these settings", vec![("vended", examples::vended())]),
            responses::accepted("The request was accepted, or the same request is already in progress"),
            responses::invalid(vec![
                ("fields", examples::wrong_fields()),
                ("notJson", examples::not_json()),
                ("idempotencyKey", examples::wrong_key()),
            ]),
            responses::conflict(
                "A request with different settings is in progress for this account, or the account exists with different settings; or the first request with this Idempotency-Key is still in progress",
                vec![("differentSettings", examples::different_settings()), ("inProgress", examples::key_in_progress())],
            ),
            responses::too_large("64 KiB"),
            responses::other_request(),
        ]
        .into_iter()
        .chain(responses::common())
        .collect(),
    }
}

fn plan_accounts() -> Operation {
    Operation {
        method: "post",
        path: "/accounts/plan",
        id: "planAccounts",
        summary: "Show what a list of requests would do",
        description: "Nothing is changed. Each request is compared with the last one for its email. An invalid request does not hide the others: its action is REFUSE, and its blockers are its validation errors.",
        parameters: Vec::new(),
        body: Some(("PlanRequest", vec![("plan", examples::plan_request())])),
        responses: [
            responses::plan(),
            responses::invalid(vec![("list", examples::wrong_list()), ("notJson", examples::not_json())]),
            responses::too_large("1 MiB"),
        ]
        .into_iter()
        .chain(responses::common())
        .collect(),
    }
}

fn list_accounts() -> Operation {
    Operation {
        method: "get",
        path: "/accounts",
        id: "listAccounts",
        summary: "List accounts",
        description: "The accounts that were vended or adopted, in the order of their IDs. A page can have fewer accounts than its limit. The last page has the nextToken null.",
        parameters: vec![
            query(
                "organizationalUnit",
                "Only accounts in this organizational unit and below",
                &component("schemas", "OrganizationalUnitPath"),
            ),
            query("owner", "Only accounts of this owner", &component("schemas", "EmailAddress")),
            query("state", "Only accounts that were last seen in this state", &component("schemas", "AccountState")),
            limit("accounts"),
            query(
                "nextToken",
                "The nextToken of the previous page, with the same filters",
                &json!({ "type": "string" }),
            ),
        ],
        body: None,
        responses: [responses::account_page(), responses::invalid(vec![("parameters", examples::wrong_parameters())])]
            .into_iter()
            .chain(responses::common())
            .collect(),
    }
}

fn get_account() -> Operation {
    Operation {
        method: "get",
        path: "/accounts/{accountId}",
        id: "getAccount",
        summary: "Get the record of an account",
        description: "To whom the account belongs, its state in AWS, and the evidence of its last vend: what was requested, what each step did, and when the step read its changes back from AWS.",
        parameters: vec![account_id()],
        body: None,
        responses: [
            responses::account(),
            responses::not_found("There is no record of the account", examples::no_account()),
        ]
        .into_iter()
        .chain(responses::common())
        .collect(),
    }
}

fn change_account() -> Operation {
    Operation {
        method: "put",
        path: "/accounts/{accountId}",
        id: "changeAccount",
        summary: "Change an account, or repair its baseline",
        description: "For the account's requester and for operators. The body is a whole request. The name and the email cannot change; the email can be left out.",
        parameters: vec![account_id(), idempotency_key()],
        body: Some(account_request()),
        responses: [
            responses::accepted("The change was accepted, or the same change is already in progress"),
            responses::invalid(vec![("fields", examples::wrong_fields()), ("identity", examples::wrong_identity())]),
            responses::not_found("There is no record of the account", examples::no_account()),
            responses::conflict(
                "The last request for this account is in progress, and has different settings; or the account is not active; or the first request with this Idempotency-Key is still in progress",
                vec![("unfinished", examples::unfinished()), ("inProgress", examples::key_in_progress())],
            ),
            responses::too_large("64 KiB"),
            responses::other_request(),
        ]
        .into_iter()
        .chain(responses::common())
        .collect(),
    }
}

fn hand_over_account() -> Operation {
    Operation {
        method: "put",
        path: "/accounts/{accountId}/requester",
        id: "handOverAccount",
        summary: "Hand an account over to another requester",
        description: "For operators. The last request of the account runs again for the new requester, who can change the account from then on.",
        parameters: vec![account_id(), idempotency_key()],
        body: Some(("HandOverRequestBody", vec![("role", examples::hand_over())])),
        responses: [
            responses::request("The account belongs to this requester already", vec![("vended", examples::vended())]),
            responses::accepted("The account is handed over, and its last request runs again"),
            responses::invalid(vec![("requester", examples::wrong_requester())]),
            responses::not_found("There is no record of the account", examples::no_account()),
            responses::conflict(
                "The last request for this account is in progress; or the account is not active; or the first request with this Idempotency-Key is still in progress",
                vec![("unfinished", examples::unfinished()), ("inProgress", examples::key_in_progress())],
            ),
            responses::too_large("64 KiB"),
            responses::other_request(),
        ]
        .into_iter()
        .chain(responses::common())
        .collect(),
    }
}

fn adopt_account() -> Operation {
    Operation {
        method: "post",
        path: "/accounts/{accountId}/adoption",
        id: "adoptAccount",
        summary: "Adopt an existing account",
        description: "For operators. The account gets the baseline of its organizational unit; its name, email, and organizational unit do not change. After a failure, the same adoption continues where it stopped.",
        parameters: vec![account_id(), idempotency_key()],
        body: Some(("AdoptionRequestBody", vec![("request", examples::adoption())])),
        responses: [
            responses::request("The account has been vended already", vec![("vended", examples::vended())]),
            responses::accepted("The adoption was accepted, or is already in progress"),
            responses::invalid(vec![("fields", examples::wrong_owner())]),
            responses::not_found("The account is not in the organization", examples::no_such_account()),
            responses::conflict(
                "The account cannot be adopted, for the reason in `detail`; or the first request with this Idempotency-Key is still in progress",
                vec![("inTheRoot", examples::in_the_root()), ("inProgress", examples::key_in_progress())],
            ),
            responses::too_large("64 KiB"),
            responses::other_request(),
        ]
        .into_iter()
        .chain(responses::common())
        .collect(),
    }
}

fn list_requests() -> Operation {
    Operation {
        method: "get",
        path: "/requests",
        id: "listRequests",
        summary: "List requests, newest first",
        description: "A page can have fewer requests than its limit. The last page has the nextToken null.",
        parameters: vec![
            query("status", "Only requests with this status", &component("schemas", "Status")),
            limit("requests"),
            query(
                "nextToken",
                "The nextToken of the previous page, with the same status",
                &json!({ "type": "string" }),
            ),
        ],
        body: None,
        responses: [responses::page(), responses::invalid(vec![("parameters", examples::wrong_parameters())])]
            .into_iter()
            .chain(responses::common())
            .collect(),
    }
}

fn get_request() -> Operation {
    Operation {
        method: "get",
        path: "/requests/{requestId}",
        id: "getRequest",
        summary: "Get the progress and the outcome of a request",
        description: "While the request is in progress, the steps so far. At its end, the account or the failure, with its cause, a remedy, and who can act.",
        parameters: vec![path_parameter("requestId", "The ID of the request", "RequestId", "nsitwn5ke2shymhizrnj-1")],
        body: None,
        responses: [
            responses::request(
                "The request with its steps",
                vec![("vended", examples::vended()), ("failed", examples::failed())],
            ),
            responses::not_found("There is no such request", examples::no_request()),
        ]
        .into_iter()
        .chain(responses::common())
        .collect(),
    }
}

pub(super) fn paths() -> Value {
    let mut paths = Map::new();
    for operation in all() {
        let (path, method) = (operation.path, operation.method);
        paths.entry(path).or_insert_with(|| json!({}))[method] = operation.describe();
    }
    paths.into()
}

impl Operation {
    fn describe(self) -> Value {
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "description": self.description,
            "parameters": self.parameters,
            "responses": object(self.responses),
        });
        if let Some((schema, examples)) = self.body {
            let examples = examples.into_iter().map(|(name, value)| (name, json!({ "value": value })));
            operation["requestBody"] = json!({
                "required": true,
                "content": { "application/json": {
                    "schema": component("schemas", schema),
                    "examples": object(examples),
                } },
            });
        }
        operation
    }
}

pub(super) fn shared_parameters() -> Value {
    json!({ "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "For 24 hours, the same request of the same caller with the same key gets the same response",
        // The value of a header does not start or end with a space.
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$" },
        "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
    } })
}

fn account_request() -> (&'static str, Vec<(&'static str, Value)>) {
    ("AccountRequestBody", vec![("request", examples::request()), ("everything", examples::full_request())])
}

fn idempotency_key() -> Value {
    component("parameters", "IdempotencyKey")
}

fn query(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

fn limit(items: &str) -> Value {
    let schema = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 });
    query("limit", &format!("The maximum number of {items} of a page"), &schema)
}

fn account_id() -> Value {
    path_parameter("accountId", "The ID of the account", "AccountId", "111122223333")
}

fn path_parameter(name: &str, description: &str, schema: &str, example: &str) -> Value {
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "description": description,
        "schema": component("schemas", schema),
        "example": example,
    })
}
