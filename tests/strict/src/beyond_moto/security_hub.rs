//! The members of Security Hub's administrators. moto takes any account for one, whether or not there is a hub.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::Method;
use serde_json::{Value, json};

use super::call::{Call, Outcome, Places, page};
use super::members::{Auto, Member, Organization, Roster};
use crate::emulators::{Scope, Upstreams};
use crate::faults::AwsError;
use crate::wire::Answer;

pub(super) struct SecurityHub {
    upstreams: Arc<Upstreams>,
    organization: Organization,
    /// Of the administrator, in a region.
    rosters: Places<Roster>,
}

/// An administrator, and the accounts of its organization; none, of one that only invites.
struct Scene<'a> {
    call: &'a Call<'a>,
    is_of_organization: bool,
    accounts: BTreeMap<String, String>,
}

impl SecurityHub {
    pub(super) fn new(upstreams: Arc<Upstreams>, organization: Organization) -> Self {
        Self { upstreams, organization, rosters: Places::default() }
    }

    pub(super) async fn answer(&self, call: &Call<'_>, forward: impl Future<Output = Answer>) -> Answer {
        match call.request.operation.as_str() {
            "CreateMembers" | "GetMembers" | "ListMembers" | "DeleteMembers" => call.told(self.of_members(call).await),
            "EnableSecurityHub" if self.has_hub(call, call.account).await => call.told(Err(already_enabled())),
            "UpdateOrganizationConfiguration" => self.configure(call, forward).await,
            _ => forward.await,
        }
    }

    /// New accounts of the organization become members, or no longer do.
    async fn configure(&self, call: &Call<'_>, forward: impl Future<Output = Answer>) -> Answer {
        let answer = forward.await;
        if answer.status().is_success() {
            let auto = match call.value("AutoEnable").as_bool() {
                Some(true) => Auto::Newcomers { known: self.organization.accounts().await.into_keys().collect() },
                _ => Auto::Nobody,
            };
            self.rosters.at(call, |roster| roster.auto = auto);
        }
        answer
    }

    async fn of_members(&self, call: &Call<'_>) -> Outcome {
        if !self.has_hub(call, call.account).await {
            let message = format!("Account {} is not subscribed to AWS Security Hub", call.account);
            return Err(AwsError::new(401, "InvalidAccessException", &message));
        }
        let scene = self.scene(call).await;
        match call.request.operation.as_str() {
            "CreateMembers" => Ok(self.create_members(&scene).await),
            "GetMembers" => Ok(self.rosters.at(call, |roster| get_members(roster, &scene))),
            "ListMembers" => Ok(self.rosters.at(call, |roster| list_members(roster, &scene))),
            _ => Ok(self.rosters.at(call, |roster| delete_members(roster, &scene))),
        }
    }

    /// Only the administrator of the organization may see its configuration.
    async fn scene<'a>(&self, call: &'a Call<'a>) -> Scene<'a> {
        let configuration = self.ask(call, call.account, Method::GET, "/organization/configuration").await;
        let is_of_organization = configuration.is_some();
        let accounts = if is_of_organization { self.organization.accounts().await } else { BTreeMap::new() };
        Scene { call, is_of_organization, accounts }
    }

    async fn create_members(&self, scene: &Scene<'_>) -> Value {
        let call = scene.call;
        let mut unprocessed = Vec::new();
        for detail in call.value("AccountDetails").as_array().into_iter().flatten() {
            let account = detail["AccountId"].as_str().unwrap_or_default();
            match self.rosters.at(call, |roster| create_member(roster, scene, account, &detail["Email"])) {
                Ok(()) if scene.is_of_organization => self.have_hub(call, account).await,
                Ok(()) => {}
                Err(why) => unprocessed.push(json!({"AccountId": account, "ProcessingResult": why})),
            }
        }
        json!({"UnprocessedAccounts": unprocessed})
    }

    /// Security Hub is enabled in an account of the organization that becomes a member, except for the management
    /// account.
    async fn have_hub(&self, call: &Call<'_>, account: &str) {
        if account != self.organization.management_account && !self.has_hub(call, account).await {
            self.ask(call, account, Method::POST, "/accounts").await;
        }
    }

    async fn has_hub(&self, call: &Call<'_>, account: &str) -> bool {
        self.ask(call, account, Method::GET, "/accounts").await.is_some()
    }

    /// None of an error.
    async fn ask(&self, call: &Call<'_>, account: &str, method: Method, path: &str) -> Option<Value> {
        let scope = Scope { service: "securityhub", region: call.region() };
        let asked = if method == Method::GET { Value::Null } else { json!({}) };
        self.upstreams.rest(scope, account, method, path, &asked).await.ok()
    }
}

/// `Err` says why not.
fn create_member(roster: &mut Roster, scene: &Scene<'_>, account: &str, email: &Value) -> Result<(), &'static str> {
    let given = email.as_str().unwrap_or_default();
    let email = scene.accounts.get(account).map_or(given, String::as_str);
    if account == scene.call.account {
        return Err("The administrator account cannot be a member of itself.");
    }
    if scene.is_of_organization && !scene.accounts.contains_key(account) {
        return Err("The account is not a member of the organization.");
    }
    if roster.members(scene.call.account, &scene.accounts).contains_key(account) {
        return Err("The account is already a member.");
    }
    roster.add(account, Member::new(email, scene.is_of_organization));
    Ok(())
}

fn get_members(roster: &mut Roster, scene: &Scene<'_>) -> Value {
    let known = roster.members(scene.call.account, &scene.accounts);
    let (mut members, mut unprocessed) = (Vec::new(), Vec::new());
    for account in scene.call.texts("AccountIds") {
        match known.get(&account) {
            Some(member) => members.push(told(scene, &account, member)),
            None => unprocessed.push(json!({"AccountId": account, "ProcessingResult": NO_MEMBER})),
        }
    }
    json!({"Members": members, "UnprocessedAccounts": unprocessed})
}

fn list_members(roster: &mut Roster, scene: &Scene<'_>) -> Value {
    let request = scene.call.request;
    let mut known = roster.members(scene.call.account, &scene.accounts);
    if request.text("OnlyAssociated") != Some("false") {
        known.retain(|_, member| member.is_in_organization);
    }
    let members = known.iter().map(|(account, member)| told(scene, account, member)).collect();
    let size = request.text("MaxResults").and_then(|size| size.parse().ok());
    let (members, next) = page(members, request.text("NextToken"), size, 50);
    json!({"Members": members, "NextToken": next})
}

fn delete_members(roster: &mut Roster, scene: &Scene<'_>) -> Value {
    let mut accounts = scene.call.texts("AccountIds");
    accounts.retain(|account| !roster.remove(account));
    let unprocessed: Vec<Value> =
        accounts.into_iter().map(|account| json!({"AccountId": account, "ProcessingResult": NO_MEMBER})).collect();
    json!({"UnprocessedAccounts": unprocessed})
}

const NO_MEMBER: &str = "The account is not a member of this administrator.";

fn told(scene: &Scene<'_>, account: &str, member: &Member) -> Value {
    json!({
        "AccountId": account,
        "AdministratorId": scene.call.account,
        "MasterId": scene.call.account,
        "Email": member.email,
        "MemberStatus": member.status(),
        "InvitedAt": member.since,
        "UpdatedAt": member.since,
    })
}

fn already_enabled() -> AwsError {
    AwsError::new(409, "ResourceConflictException", "Account is already subscribed to Security Hub")
}
