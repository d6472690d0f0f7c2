//! Security Hub members. moto accepts any account as a member, even without a hub.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::Method;
use local_cloud::Scope;
use serde_json::{Value, json};

use super::call::{Call, Outcome, ScopedState, page};
use super::members::{AutoEnable, Member, Organization, Roster};
use crate::emulators::Upstreams;
use crate::wire::{AwsError, AwsResponse};

pub(super) struct SecurityHub {
    upstreams: Arc<Upstreams>,
    organization: Organization,
    /// By administrator and Region.
    rosters: ScopedState<Roster>,
}

/// The calling administrator. `accounts` is empty if it is not the delegated administrator of the organization.
struct Administrator<'a> {
    call: &'a Call<'a>,
    is_delegated: bool,
    accounts: BTreeMap<String, String>,
}

impl SecurityHub {
    pub(super) fn new(upstreams: Arc<Upstreams>, organization: Organization) -> Self {
        Self { upstreams, organization, rosters: ScopedState::default() }
    }

    pub(super) async fn handle(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        match call.request.operation.as_str() {
            "CreateMembers" | "GetMembers" | "ListMembers" | "DeleteMembers" => {
                call.response(self.handle_members(call).await)
            }
            "EnableSecurityHub" if self.has_hub(call, call.account).await => call.response(Err(already_enabled())),
            "UpdateOrganizationConfiguration" => self.configure(call, forward).await,
            _ => forward.await,
        }
    }

    /// Sets whether new accounts of the organization become members automatically.
    async fn configure(&self, call: &Call<'_>, forward: impl Future<Output = AwsResponse>) -> AwsResponse {
        let response = forward.await;
        if response.status().is_success() {
            let auto = match call.value("AutoEnable").as_bool() {
                Some(true) => {
                    AutoEnable::NewAccounts { known: self.organization.accounts().await.into_keys().collect() }
                }
                _ => AutoEnable::Off,
            };
            self.rosters.regional(call, |roster| roster.auto = auto);
        }
        response
    }

    async fn handle_members(&self, call: &Call<'_>) -> Outcome {
        if !self.has_hub(call, call.account).await {
            let message = format!("Account {} is not subscribed to AWS Security Hub", call.account);
            return Err(AwsError::new(401, "InvalidAccessException", &message));
        }
        let administrator = self.administrator(call).await;
        match call.request.operation.as_str() {
            "CreateMembers" => Ok(self.create_members(&administrator).await),
            "GetMembers" => Ok(self.rosters.regional(call, |roster| get_members(roster, &administrator))),
            "ListMembers" => Ok(self.rosters.regional(call, |roster| list_members(roster, &administrator))),
            _ => Ok(self.rosters.regional(call, |roster| delete_members(roster, &administrator))),
        }
    }

    /// Only the delegated administrator can read the configuration of the organization.
    async fn administrator<'a>(&self, call: &'a Call<'a>) -> Administrator<'a> {
        let configuration = self.call_emulator(call, call.account, Method::GET, "/organization/configuration").await;
        let is_delegated = configuration.is_some();
        let accounts = if is_delegated { self.organization.accounts().await } else { BTreeMap::new() };
        Administrator { call, is_delegated, accounts }
    }

    async fn create_members(&self, administrator: &Administrator<'_>) -> Value {
        let call = administrator.call;
        let mut unprocessed = Vec::new();
        for detail in call.value("AccountDetails").as_array().into_iter().flatten() {
            let account = detail["AccountId"].as_str().unwrap_or_default();
            match self.rosters.regional(call, |roster| create_member(roster, administrator, account, &detail["Email"]))
            {
                Ok(()) if administrator.is_delegated => self.ensure_hub(call, account).await,
                Ok(()) => {}
                Err(reason) => unprocessed.push(json!({"AccountId": account, "ProcessingResult": reason})),
            }
        }
        json!({"UnprocessedAccounts": unprocessed})
    }

    /// Enables Security Hub in an account of the organization that becomes a member, except in the management account.
    async fn ensure_hub(&self, call: &Call<'_>, account: &str) {
        if account != self.organization.management_account && !self.has_hub(call, account).await {
            self.call_emulator(call, account, Method::POST, "/accounts").await;
        }
    }

    async fn has_hub(&self, call: &Call<'_>, account: &str) -> bool {
        self.call_emulator(call, account, Method::GET, "/accounts").await.is_some()
    }

    /// Returns `None` if the emulator returns an error.
    async fn call_emulator(&self, call: &Call<'_>, account: &str, method: Method, path: &str) -> Option<Value> {
        let scope = Scope { service: "securityhub", region: call.region() };
        let body = if method == Method::GET { Value::Null } else { json!({}) };
        self.upstreams.rest(scope, account, method, path, &body).await.ok()
    }
}

/// The error is the reason in `UnprocessedAccounts`.
fn create_member(
    roster: &mut Roster,
    administrator: &Administrator<'_>,
    account: &str,
    email: &Value,
) -> Result<(), &'static str> {
    let given = email.as_str().unwrap_or_default();
    let email = administrator.accounts.get(account).map_or(given, String::as_str);
    if account == administrator.call.account {
        return Err("The administrator account cannot be a member of itself.");
    }
    if administrator.is_delegated && !administrator.accounts.contains_key(account) {
        return Err("The account is not a member of the organization.");
    }
    if roster.members(administrator.call.account, &administrator.accounts).contains_key(account) {
        return Err("The account is already a member.");
    }
    roster.add(account, Member::new(email, administrator.is_delegated));
    Ok(())
}

fn get_members(roster: &mut Roster, administrator: &Administrator<'_>) -> Value {
    let known = roster.members(administrator.call.account, &administrator.accounts);
    let (mut members, mut unprocessed) = (Vec::new(), Vec::new());
    for account in administrator.call.strings("AccountIds") {
        match known.get(&account) {
            Some(member) => members.push(describe(administrator, &account, member)),
            None => unprocessed.push(json!({"AccountId": account, "ProcessingResult": NOT_A_MEMBER})),
        }
    }
    json!({"Members": members, "UnprocessedAccounts": unprocessed})
}

fn list_members(roster: &mut Roster, administrator: &Administrator<'_>) -> Value {
    let request = administrator.call.request;
    let mut known = roster.members(administrator.call.account, &administrator.accounts);
    if request.string("OnlyAssociated") != Some("false") {
        known.retain(|_, member| member.is_in_organization);
    }
    let members = known.iter().map(|(account, member)| describe(administrator, account, member)).collect();
    let size = request.string("MaxResults").and_then(|size| size.parse().ok());
    let (members, next) = page(members, request.string("NextToken"), size, 50);
    json!({"Members": members, "NextToken": next})
}

fn delete_members(roster: &mut Roster, administrator: &Administrator<'_>) -> Value {
    let mut accounts = administrator.call.strings("AccountIds");
    accounts.retain(|account| !roster.remove(account));
    let unprocessed: Vec<Value> =
        accounts.into_iter().map(|account| json!({"AccountId": account, "ProcessingResult": NOT_A_MEMBER})).collect();
    json!({"UnprocessedAccounts": unprocessed})
}

const NOT_A_MEMBER: &str = "The account is not a member of this administrator.";

fn describe(administrator: &Administrator<'_>, account: &str, member: &Member) -> Value {
    json!({
        "AccountId": account,
        "AdministratorId": administrator.call.account,
        "MasterId": administrator.call.account,
        "Email": member.email,
        "MemberStatus": member.status(),
        "InvitedAt": member.since,
        "UpdatedAt": member.since,
    })
}

fn already_enabled() -> AwsError {
    AwsError::new(409, "ResourceConflictException", "Account is already subscribed to Security Hub")
}
