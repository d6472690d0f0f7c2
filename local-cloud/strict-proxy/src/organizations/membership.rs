//! Accounts that leave the organization, and accounts that join by invitation.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::Organization;
use super::errors::{self, respond, violation};
use super::handshakes::{Action, Handshake, Sender};
use super::unavailable::not_found;
use crate::events::CreationEnd;
use crate::sync::lock;
use crate::wire::{AwsError, AwsRequest, AwsResponse, response};

/// The error is an error response of moto.
type Outcome = Result<Value, AwsResponse>;

impl Organization {
    /// Handles a call by an account that is not the management account; `None` for a call that moto handles.
    pub(crate) async fn handle_member_call(&self, request: &AwsRequest, account: &str) -> Option<AwsResponse> {
        match request.operation.as_str() {
            "LeaveOrganization" => Some(self.remove_member(request, account).await),
            "AcceptHandshake" => Some(self.accept_handshake(request, account).await),
            _ => self.govern_for_member(request, account).await.map(|outcome| respond(request, outcome)),
        }
    }

    /// Handles `RemoveAccountFromOrganization` and `LeaveOrganization`. moto has only the first, and deletes the
    /// account, so the account could not return with its ID. The proxy keeps the account in the root of moto, without
    /// tags, and hides it.
    pub(super) async fn remove_member(&self, request: &AwsRequest, account: &str) -> AwsResponse {
        if let Some(error) = self.removal_error(account).await {
            return response::error(request, &error);
        }
        match self.reset_member(account).await {
            Ok(_) => {
                self.accounts.leave(account);
                response::ok(&json!({}))
            }
            Err(response) => response,
        }
    }

    async fn removal_error(&self, account: &str) -> Option<AwsError> {
        if account == self.management_account {
            let message = "You can't remove a management account from an organization.";
            return Some(AwsError::new(400, "MasterCannotLeaveOrganizationException", message));
        }
        // "Member accounts in a 'suspended' state cannot be removed from an organization"
        // (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_delete.html).
        if !self.accounts.is_usable(account) {
            let message = "You can't remove an account that is closed or suspended.";
            return Some(AwsError::new(400, "ConstraintViolationException", message));
        }
        let known = self.all_accounts().await.unwrap_or_default();
        if !known.iter().any(|known| known["Id"] == account) {
            return Some(not_found("RemoveAccountFromOrganization"));
        }
        let parameters = json!({"AccountId": account});
        // An administrator that was registered without the proxy.
        let listed =
            self.upstreams.organizations("ListDelegatedServicesForAccount", &parameters).await.unwrap_or_default();
        let is_registered = listed["DelegatedServices"].as_array().is_some_and(|services| !services.is_empty());
        let is_administrator = is_registered || self.is_administrator(account);
        let message = "You attempted to remove an account that is registered as a delegated administrator.";
        is_administrator.then(|| violation("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", message))
    }

    /// "After the account leaves the organization, all tags that were attached to the account object in the organization
    /// are deleted" (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_LeaveOrganization.html>). An
    /// account that joins starts in the root.
    async fn reset_member(&self, account: &str) -> Outcome {
        let listed = self.upstreams.organizations("ListTagsForResource", &json!({"ResourceId": account})).await?;
        let tags = listed["Tags"].as_array().into_iter().flatten();
        let keys: Vec<&Value> = tags.map(|tag| &tag["Key"]).collect();
        if !keys.is_empty() {
            let untag = json!({"ResourceId": account, "TagKeys": keys});
            self.upstreams.organizations("UntagResource", &untag).await?;
        }
        self.detach_all(account).await?;
        let parents = self.upstreams.organizations("ListParents", &json!({"ChildId": account})).await?;
        let roots = self.upstreams.organizations("ListRoots", &json!({})).await?;
        let (parent, root) = (&parents["Parents"][0]["Id"], &roots["Roots"][0]["Id"]);
        if parent == root {
            return Ok(Value::Null);
        }
        let to_root = json!({"AccountId": account, "SourceParentId": parent, "DestinationParentId": root});
        self.upstreams.organizations("MoveAccount", &to_root).await
    }

    /// Handles `InviteAccountToOrganization`. Only an account that has left the organization can accept.
    pub(super) async fn invite(&self, request: &AwsRequest) -> AwsResponse {
        respond(request, self.open_invitation(request).await)
    }

    async fn open_invitation(&self, request: &AwsRequest) -> errors::Outcome {
        let (organization, known) = (self.organization().await?, self.all_accounts().await?);
        let target = &request.parameters["Target"];
        let is_target = |account: &&Value| match target["Type"].as_str() {
            Some("EMAIL") => is_same_email(&account["Email"], &target["Id"]),
            _ => account["Id"] == target["Id"],
        };
        let account = known.iter().find(is_target).and_then(|account| account["Id"].as_str());
        if account.is_some_and(|account| !self.accounts.has_left(account)) {
            let message = "The invited account is already a member of an organization.";
            let error = AwsError::new(400, "HandshakeConstraintViolationException", message);
            return Err(error.with_reason("ALREADY_IN_AN_ORGANIZATION").into());
        }
        let invited = account.or(target["Id"].as_str()).unwrap_or_default();
        let sender = Sender { organization: &organization.id, management_account: &self.management_account };
        let mut handshakes = lock(&self.handshakes);
        let handshake = handshakes.invite(&sender, invited, target, &request.parameters["Tags"])?;
        Ok(json!({"Handshake": handshakes.shown(&handshake)}))
    }

    async fn accept_handshake(&self, request: &AwsRequest, account: &str) -> AwsResponse {
        let id = request.string("HandshakeId").unwrap_or_default();
        let accepted = match lock(&self.handshakes).accept(id, account) {
            Ok(accepted) => accepted,
            Err(error) => return response::error(request, &error),
        };
        let shown = json!({"Handshake": lock(&self.handshakes).shown(&accepted)});
        if accepted.action != Action::Invite {
            return response::ok(&shown);
        }
        self.accounts.join_by_invitation(account, OffsetDateTime::now_utc().unix_timestamp());
        if let Err(response) = self.tag_invited(account, &accepted).await {
            return response;
        }
        self.publisher.publish(CreationEnd::joined(id, account, self.publisher.settings())).await;
        response::ok(&shown)
    }

    async fn tag_invited(&self, account: &str, accepted: &Handshake) -> Outcome {
        match &accepted.tags {
            Value::Array(tags) if !tags.is_empty() => {
                let tag = json!({"ResourceId": account, "Tags": tags});
                self.upstreams.organizations("TagResource", &tag).await
            }
            _ => Ok(Value::Null),
        }
    }
}

fn is_same_email(one: &Value, other: &Value) -> bool {
    let email = |value: &Value| value.as_str().map(str::to_lowercase);
    email(one) == email(other)
}
