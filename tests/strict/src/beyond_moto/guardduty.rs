//! The members of GuardDuty's administrators. Detectors and administrators are moto's.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::Method;
use serde_json::{Value, json};

use super::call::{Call, Outcome, Places, page};
use super::members::{Auto, Member, Organization, Roster};
use crate::emulators::{Scope, Upstreams};
use crate::faults::AwsError;

pub(super) struct GuardDuty {
    upstreams: Arc<Upstreams>,
    organization: Organization,
    /// Of the administrator, in a region.
    rosters: Places<Administered>,
}

#[derive(Default)]
struct Administered {
    roster: Roster,
    /// As they were last set.
    features: Vec<Value>,
}

/// An administrator, and the accounts of its organization; none, of one that only invites.
struct Scene<'a> {
    call: &'a Call<'a>,
    is_of_organization: bool,
    accounts: BTreeMap<String, String>,
}

impl GuardDuty {
    pub(super) fn new(upstreams: Arc<Upstreams>, organization: Organization) -> Self {
        Self { upstreams, organization, rosters: Places::default() }
    }

    pub(super) async fn answer(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation = call.request.operation.as_str();
        let of_organization = ["DescribeOrganizationConfiguration", "UpdateOrganizationConfiguration"];
        let of_members = ["CreateMembers", "GetMembers", "ListMembers", "DeleteMembers"];
        if !of_organization.contains(&operation) && !of_members.contains(&operation) {
            return None;
        }
        let scene = match self.scene(call).await {
            Ok(scene) => scene,
            Err(error) => return Some(Err(error)),
        };
        if of_organization.contains(&operation) && !scene.is_of_organization {
            let message = "The request failed because the caller is not the delegated administrator of GuardDuty.";
            return Some(Err(bad(message)));
        }
        Some(match operation {
            "CreateMembers" => self.create_members(&scene).await,
            "GetMembers" => Ok(self.rosters.at(call, |known| known.get_members(&scene))),
            "ListMembers" => Ok(self.rosters.at(call, |known| known.list_members(&scene))),
            "DeleteMembers" => Ok(self.rosters.at(call, |known| known.delete_members(&scene))),
            "DescribeOrganizationConfiguration" => Ok(self.rosters.at(call, Administered::configuration)),
            _ => self.rosters.at(call, |known| known.configure(&scene)),
        })
    }

    async fn scene<'a>(&self, call: &'a Call<'a>) -> Result<Scene<'a>, AwsError> {
        let detector = format!("/detector/{}", call.text("DetectorId"));
        if self.ask(call, call.account, Method::GET, &detector, &Value::Null).await.is_none() {
            let message = "The request is rejected because the input detectorId is not owned by the current account.";
            return Err(bad(message));
        }
        let management_account = &self.organization.management_account;
        let told = self.ask(call, management_account, Method::GET, "/admin", &Value::Null).await.unwrap_or_default();
        let mut administrators = told["adminAccounts"].as_array().into_iter().flatten();
        let is_of_organization = administrators.any(|one| one["adminAccountId"] == call.account);
        let accounts = if is_of_organization { self.organization.accounts().await } else { BTreeMap::new() };
        Ok(Scene { call, is_of_organization, accounts })
    }

    async fn create_members(&self, scene: &Scene<'_>) -> Outcome {
        let call = scene.call;
        let details = call.value("accountDetails").as_array().map(Vec::as_slice).unwrap_or_default();
        if details.is_empty() || details.len() > 50 {
            return Err(bad("The request is rejected because accountDetails must hold 1 to 50 accounts."));
        }
        let mut unprocessed = Vec::new();
        for detail in details {
            let account = detail["accountId"].as_str().unwrap_or_default();
            match self.rosters.at(call, |known| known.create_member(scene, account, &detail["email"])) {
                Ok(()) if scene.is_of_organization => self.have_detector(call, account).await,
                Ok(()) => {}
                Err(why) => unprocessed.push(json!({"accountId": account, "result": why})),
            }
        }
        Ok(json!({"unprocessedAccounts": unprocessed}))
    }

    /// GuardDuty is enabled in an account of the organization that becomes a member.
    async fn have_detector(&self, call: &Call<'_>, account: &str) {
        let known = self.ask(call, account, Method::GET, "/detector", &Value::Null).await.unwrap_or_default();
        if known["detectorIds"].as_array().is_none_or(Vec::is_empty) {
            self.ask(call, account, Method::POST, "/detector", &json!({"enable": true})).await;
        }
    }

    /// None of an error.
    async fn ask(&self, call: &Call<'_>, account: &str, method: Method, path: &str, asked: &Value) -> Option<Value> {
        let scope = Scope { service: "guardduty", region: call.region() };
        self.upstreams.rest(scope, account, method, path, asked).await.ok()
    }
}

impl Administered {
    fn members(&self, scene: &Scene<'_>) -> BTreeMap<String, Member> {
        self.roster.members(scene.call.account, &scene.accounts)
    }

    /// `Err` says why not.
    fn create_member(&mut self, scene: &Scene<'_>, account: &str, email: &Value) -> Result<(), &'static str> {
        let email = email.as_str().unwrap_or_default();
        if account == scene.call.account {
            return Err("The request is rejected because the account is the administrator itself.");
        }
        if scene.is_of_organization && !scene.accounts.contains_key(account) {
            return Err("The request is rejected because the account is not a member of the organization.");
        }
        if self.members(scene).contains_key(account) {
            return Err(ALREADY);
        }
        self.roster.add(account, Member::new(email, scene.is_of_organization));
        Ok(())
    }

    fn get_members(&mut self, scene: &Scene<'_>) -> Value {
        let known = self.members(scene);
        let (mut members, mut unprocessed) = (Vec::new(), Vec::new());
        for account in scene.call.texts("accountIds") {
            match known.get(&account) {
                Some(member) => members.push(told(scene, &account, member)),
                None => unprocessed.push(json!({"accountId": account, "result": NO_MEMBER})),
            }
        }
        json!({"members": members, "unprocessedAccounts": unprocessed})
    }

    fn list_members(&mut self, scene: &Scene<'_>) -> Value {
        let request = scene.call.request;
        let mut known = self.members(scene);
        if request.text("onlyAssociated") != Some("false") {
            known.retain(|_, member| member.is_in_organization);
        }
        let members = known.iter().map(|(account, member)| told(scene, account, member)).collect();
        let size = request.text("maxResults").and_then(|size| size.parse().ok());
        let (members, next) = page(members, request.text("nextToken"), size, 50);
        json!({"members": members, "nextToken": next})
    }

    fn delete_members(&mut self, scene: &Scene<'_>) -> Value {
        let mut accounts = scene.call.texts("accountIds");
        accounts.retain(|account| !self.roster.remove(account));
        let unprocessed: Vec<Value> =
            accounts.into_iter().map(|account| json!({"accountId": account, "result": NO_MEMBER})).collect();
        json!({"unprocessedAccounts": unprocessed})
    }

    fn configuration(&mut self) -> Value {
        let mode = match self.roster.auto {
            Auto::Nobody => "NONE",
            Auto::Newcomers { .. } => "NEW",
            Auto::All => "ALL",
        };
        json!({
            "autoEnable": mode != "NONE",
            "memberAccountLimitReached": false,
            "autoEnableOrganizationMembers": mode,
            "features": self.features,
        })
    }

    fn configure(&mut self, scene: &Scene<'_>) -> Outcome {
        let call = scene.call;
        let mode = match (call.request.text("autoEnableOrganizationMembers"), call.value("autoEnable").as_bool()) {
            (Some(mode), None) => mode,
            (None, Some(true)) => "NEW",
            (None, Some(false)) => "NONE",
            _ => return Err(bad("Give either autoEnableOrganizationMembers or autoEnable.")),
        };
        self.roster.auto = match mode {
            "NONE" => Auto::Nobody,
            "NEW" => Auto::Newcomers { known: scene.accounts.keys().cloned().collect() },
            "ALL" => Auto::All,
            _ => return Err(bad("autoEnableOrganizationMembers must be NEW, ALL or NONE.")),
        };
        for feature in call.value("features").as_array().into_iter().flatten() {
            self.features.retain(|known| known["name"] != feature["name"]);
            self.features.push(feature.clone());
        }
        Ok(json!({}))
    }
}

const ALREADY: &str = "The request is rejected because the current account has already invited or is already the \
    GuardDuty administrator of the given member account ID.";
const NO_MEMBER: &str =
    "The request is rejected because the given account ID is not an associated member of account the current account.";

fn told(scene: &Scene<'_>, account: &str, member: &Member) -> Value {
    json!({
        "accountId": account,
        "administratorId": scene.call.account,
        "masterId": scene.call.account,
        "email": member.email,
        "relationshipStatus": member.status(),
        "invitedAt": member.since,
        "updatedAt": member.since,
    })
}

fn bad(message: &str) -> AwsError {
    AwsError::new(400, "BadRequestException", message)
}
