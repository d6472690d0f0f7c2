//! The organization as the functions see it: the strict proxy adds states, changed emails, and departures of accounts,
//! which moto does not know.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{Account, HandshakeParty, HandshakePartyType, Tag};

use serde_json::{Value, json};
use vending_manifest::Source;

use crate::cloud::{Cloud, key_of};

/// The manifest of the local cloud.
pub fn local_manifest() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../local-cloud/organization.yaml");
    let text = std::fs::read_to_string(path).unwrap();
    Source::parse(path, &text).unwrap().value().clone()
}

/// The manifest of the local cloud with the parts other than OUs and policies: root access, the management account,
/// costs, and permission sets.
pub fn manifest_with_parts() -> Value {
    let mut manifest = local_manifest();
    let contact =
        json!({ "name": "Sam Winter", "title": "Security", "email": "security@example.com", "phone": "+1 555 0100" });
    manifest["rootAccess"] = json!("central");
    manifest["managementAccount"] = json!({ "contacts": { "security": contact }, "recordChanges": true });
    manifest["costs"] = json!({ "anomalies": { "subscribers": ["finance@example.com"], "fromUsd": 100 } });
    manifest["identityCenter"] = json!({
        "groups": ["ground-admins"],
        "createGroups": true,
        "permissionSets": {
            "GroundAudit": { "policyArns": ["arn:aws:iam::aws:policy/SecurityAudit"], "session": "PT4H" },
            "GroundRead": { "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] },
        },
    });
    manifest
}

impl Cloud {
    /// AWS Organizations through the strict proxy; [`Cloud::organizations`] calls moto directly.
    pub fn organizations_as_seen(&self) -> Client {
        Client::new(&self.through_strict())
    }

    /// Describes an account; `None` if it has left the organization or is permanently closed.
    pub async fn account_as_seen(&self, account_id: &str) -> Option<Account> {
        let described = self.organizations_as_seen().describe_account().account_id(account_id).send().await;
        match described {
            Ok(described) => described.account,
            Err(error) => {
                let error = error.into_service_error();
                assert!(error.is_account_not_found_exception(), "{error:?}");
                None
            }
        }
    }

    /// Closes an account. Its closure stays pending for as long as [`local_cloud::strict::Closures`] says.
    pub async fn close_account(&self, account_id: &str) {
        self.organizations_as_seen().close_account().account_id(account_id).send().await.unwrap();
    }

    /// Removes an account from the organization. It loses its tags and its OU, and keeps its roles.
    pub async fn remove_account(&self, account_id: &str) {
        let remove = self.organizations_as_seen().remove_account_from_organization();
        remove.account_id(account_id).send().await.unwrap();
    }

    /// Invites an account that has left, and accepts the invitation: the account is in the root, without tags.
    pub async fn invite_back(&self, account_id: &str) {
        let target = HandshakeParty::builder().id(account_id).r#type(HandshakePartyType::Account).build().unwrap();
        let invite = self.organizations_as_seen().invite_account_to_organization().target(target);
        let handshake = invite.send().await.unwrap().handshake.unwrap().id.unwrap();
        let member = Client::new(&self.member(account_id));
        member.accept_handshake().handshake_id(handshake).send().await.unwrap();
    }

    /// The ID of an OU, by its path.
    pub async fn unit_id(&self, path: &str) -> String {
        let organizations = self.organizations();
        let mut parent = organizations.list_roots().send().await.unwrap().roots()[0].id().unwrap().to_owned();
        for segment in path.split('/') {
            let listed = organizations.list_organizational_units_for_parent().parent_id(&parent).send().await.unwrap();
            let mut units = listed.organizational_units.unwrap_or_default().into_iter();
            parent = units.find(|unit| unit.name() == Some(segment)).unwrap().id.unwrap();
        }
        parent
    }

    /// Moves an account by hand to an OU.
    pub async fn move_to(&self, account_id: &str, unit: &str) {
        let (organizations, destination) = (self.organizations(), self.unit_id(unit).await);
        let parents = organizations.list_parents().child_id(account_id).send().await.unwrap();
        let parent = parents.parents()[0].id().unwrap();
        let moved = organizations.move_account().account_id(account_id).source_parent_id(parent);
        moved.destination_parent_id(destination).send().await.unwrap();
    }

    /// Renames an OU by hand.
    pub async fn rename_unit(&self, path: &str, name: &str) {
        let update = self.organizations().update_organizational_unit().organizational_unit_id(self.unit_id(path).await);
        update.name(name).send().await.unwrap();
    }

    /// Tags an account as if another deployment of account-vending had vended it.
    pub async fn tag_as_vended_by(&self, deployment: &str, account_id: &str, email: &str) {
        let key = key_of(email);
        let tags = [
            ("account-vending:key", key.as_str()),
            ("account-vending:deployment", deployment),
            ("account-vending:state", "vended"),
        ];
        let tags = tags.map(|(key, value)| Tag::builder().key(key).value(value).build().unwrap());
        let tag = self.organizations().tag_resource().resource_id(account_id).set_tags(Some(tags.into()));
        tag.send().await.unwrap();
    }
}
