//! GuardDuty members. moto has detectors and administrators, but no members.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::Method;
use local_cloud::Scope;
use serde_json::{Value, json};

use super::call::{Call, Outcome, ScopedState, page};
use super::members::{AutoEnable, Member, Organization, Roster};
use crate::emulators::Upstreams;
use crate::wire::AwsError;

pub(super) struct GuardDuty {
    upstreams: Arc<Upstreams>,
    organization: Organization,
    /// By administrator and Region.
    rosters: ScopedState<AdministratorState>,
}

#[derive(Default)]
struct AdministratorState {
    roster: Roster,
    /// The features, as last updated.
    features: Vec<Value>,
}

/// The calling administrator. `accounts` is empty if it is not the delegated administrator of the organization.
struct Administrator<'a> {
    call: &'a Call<'a>,
    is_delegated: bool,
    accounts: BTreeMap<String, String>,
}

impl GuardDuty {
    pub(super) fn new(upstreams: Arc<Upstreams>, organization: Organization) -> Self {
        Self { upstreams, organization, rosters: ScopedState::default() }
    }

    pub(super) async fn handle(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation = call.request.operation.as_str();
        let organization_operations = ["DescribeOrganizationConfiguration", "UpdateOrganizationConfiguration"];
        let member_operations = ["CreateMembers", "GetMembers", "ListMembers", "DeleteMembers"];
        if !organization_operations.contains(&operation) && !member_operations.contains(&operation) {
            return None;
        }
        let administrator = match self.administrator(call).await {
            Ok(administrator) => administrator,
            Err(error) => return Some(Err(error)),
        };
        if organization_operations.contains(&operation) && !administrator.is_delegated {
            let message = "The request failed because the caller is not the delegated administrator of GuardDuty.";
            return Some(Err(bad_request(message)));
        }
        Some(match operation {
            "CreateMembers" => self.create_members(&administrator).await,
            "GetMembers" => Ok(self.rosters.regional(call, |known| known.get_members(&administrator))),
            "ListMembers" => Ok(self.rosters.regional(call, |known| known.list_members(&administrator))),
            "DeleteMembers" => Ok(self.rosters.regional(call, |known| known.delete_members(&administrator))),
            "DescribeOrganizationConfiguration" => Ok(self.rosters.regional(call, AdministratorState::configuration)),
            _ => self.rosters.regional(call, |known| known.configure(&administrator)),
        })
    }

    async fn administrator<'a>(&self, call: &'a Call<'a>) -> Result<Administrator<'a>, AwsError> {
        let detector = format!("/detector/{}", call.string("DetectorId"));
        if self.call_emulator(call, call.account, Method::GET, &detector, &Value::Null).await.is_none() {
            let message = "The request is rejected because the input detectorId is not owned by the current account.";
            return Err(bad_request(message));
        }
        let management_account = &self.organization.management_account;
        let listed =
            self.call_emulator(call, management_account, Method::GET, "/admin", &Value::Null).await.unwrap_or_default();
        let mut administrators = listed["adminAccounts"].as_array().into_iter().flatten();
        let is_delegated = administrators.any(|one| one["adminAccountId"] == call.account);
        let accounts = if is_delegated { self.organization.accounts().await } else { BTreeMap::new() };
        Ok(Administrator { call, is_delegated, accounts })
    }

    async fn create_members(&self, administrator: &Administrator<'_>) -> Outcome {
        let call = administrator.call;
        let details = call.value("accountDetails").as_array().map(Vec::as_slice).unwrap_or_default();
        if details.is_empty() || details.len() > 50 {
            return Err(bad_request("The request is rejected because accountDetails must hold 1 to 50 accounts."));
        }
        let mut unprocessed = Vec::new();
        for detail in details {
            let account = detail["accountId"].as_str().unwrap_or_default();
            match self.rosters.regional(call, |known| known.create_member(administrator, account, &detail["email"])) {
                Ok(()) if administrator.is_delegated => self.ensure_detector(call, account).await,
                Ok(()) => {}
                Err(reason) => unprocessed.push(json!({"accountId": account, "result": reason})),
            }
        }
        Ok(json!({"unprocessedAccounts": unprocessed}))
    }

    /// Enables GuardDuty in an account of the organization that becomes a member.
    async fn ensure_detector(&self, call: &Call<'_>, account: &str) {
        let known = self.call_emulator(call, account, Method::GET, "/detector", &Value::Null).await.unwrap_or_default();
        if known["detectorIds"].as_array().is_none_or(Vec::is_empty) {
            self.call_emulator(call, account, Method::POST, "/detector", &json!({"enable": true})).await;
        }
    }

    /// Returns `None` if the emulator returns an error.
    async fn call_emulator(
        &self,
        call: &Call<'_>,
        account: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Option<Value> {
        let scope = Scope { service: "guardduty", region: call.region() };
        self.upstreams.rest(scope, account, method, path, body).await.ok()
    }
}

impl AdministratorState {
    fn members(&self, administrator: &Administrator<'_>) -> BTreeMap<String, Member> {
        self.roster.members(administrator.call.account, &administrator.accounts)
    }

    /// The error is the reason in `unprocessedAccounts`.
    fn create_member(
        &mut self,
        administrator: &Administrator<'_>,
        account: &str,
        email: &Value,
    ) -> Result<(), &'static str> {
        let email = email.as_str().unwrap_or_default();
        if account == administrator.call.account {
            return Err("The request is rejected because the account is the administrator itself.");
        }
        if administrator.is_delegated && !administrator.accounts.contains_key(account) {
            return Err("The request is rejected because the account is not a member of the organization.");
        }
        if self.members(administrator).contains_key(account) {
            return Err(ALREADY_MEMBER);
        }
        self.roster.add(account, Member::new(email, administrator.is_delegated));
        Ok(())
    }

    fn get_members(&mut self, administrator: &Administrator<'_>) -> Value {
        let known = self.members(administrator);
        let (mut members, mut unprocessed) = (Vec::new(), Vec::new());
        for account in administrator.call.strings("accountIds") {
            match known.get(&account) {
                Some(member) => members.push(describe(administrator, &account, member)),
                None => unprocessed.push(json!({"accountId": account, "result": NOT_A_MEMBER})),
            }
        }
        json!({"members": members, "unprocessedAccounts": unprocessed})
    }

    fn list_members(&mut self, administrator: &Administrator<'_>) -> Value {
        let request = administrator.call.request;
        let mut known = self.members(administrator);
        if request.string("onlyAssociated") != Some("false") {
            known.retain(|_, member| member.is_in_organization);
        }
        let members = known.iter().map(|(account, member)| describe(administrator, account, member)).collect();
        let size = request.string("maxResults").and_then(|size| size.parse().ok());
        let (members, next) = page(members, request.string("nextToken"), size, 50);
        json!({"members": members, "nextToken": next})
    }

    fn delete_members(&mut self, administrator: &Administrator<'_>) -> Value {
        let mut accounts = administrator.call.strings("accountIds");
        accounts.retain(|account| !self.roster.remove(account));
        let unprocessed: Vec<Value> =
            accounts.into_iter().map(|account| json!({"accountId": account, "result": NOT_A_MEMBER})).collect();
        json!({"unprocessedAccounts": unprocessed})
    }

    fn configuration(&mut self) -> Value {
        let mode = match self.roster.auto {
            AutoEnable::Off => "NONE",
            AutoEnable::NewAccounts { .. } => "NEW",
            AutoEnable::AllAccounts => "ALL",
        };
        json!({
            "autoEnable": mode != "NONE",
            "memberAccountLimitReached": false,
            "autoEnableOrganizationMembers": mode,
            "features": self.features,
        })
    }

    fn configure(&mut self, administrator: &Administrator<'_>) -> Outcome {
        let call = administrator.call;
        let mode = match (call.request.string("autoEnableOrganizationMembers"), call.value("autoEnable").as_bool()) {
            (Some(mode), None) => mode,
            (None, Some(true)) => "NEW",
            (None, Some(false)) => "NONE",
            _ => return Err(bad_request("Give either autoEnableOrganizationMembers or autoEnable.")),
        };
        self.roster.auto = match mode {
            "NONE" => AutoEnable::Off,
            "NEW" => AutoEnable::NewAccounts { known: administrator.accounts.keys().cloned().collect() },
            "ALL" => AutoEnable::AllAccounts,
            _ => return Err(bad_request("autoEnableOrganizationMembers must be NEW, ALL or NONE.")),
        };
        for feature in call.value("features").as_array().into_iter().flatten() {
            self.features.retain(|known| known["name"] != feature["name"]);
            self.features.push(feature.clone());
        }
        Ok(json!({}))
    }
}

const ALREADY_MEMBER: &str = "The request is rejected because the current account has already invited or is already \
    the GuardDuty administrator of the given member account ID.";
const NOT_A_MEMBER: &str =
    "The request is rejected because the given account ID is not an associated member of account the current account.";

fn describe(administrator: &Administrator<'_>, account: &str, member: &Member) -> Value {
    json!({
        "accountId": account,
        "administratorId": administrator.call.account,
        "masterId": administrator.call.account,
        "email": member.email,
        "relationshipStatus": member.status(),
        "invitedAt": member.since,
        "updatedAt": member.since,
    })
}

fn bad_request(message: &str) -> AwsError {
    AwsError::new(400, "BadRequestException", message)
}
