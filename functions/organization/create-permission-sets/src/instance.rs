//! The instance of IAM Identity Center of the organization. Only people can enable it.

use aws_config::SdkConfig;
use aws_sdk_ssoadmin::types::{InstanceMetadata, InstanceStatus};
use vending_core::{GLOBAL_REGION, PlanBlocker, StepError};
use vending_manifest::Manifest;
use vending_runtime::Context;

use crate::CreatePermissionSets;

pub(crate) const CONSOLE: &str = "https://console.aws.amazon.com/singlesignon";

/// The clients of a Region.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) admin: aws_sdk_ssoadmin::Client,
    pub(crate) directory: aws_sdk_identitystore::Client,
}

impl Clients {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self { admin: aws_sdk_ssoadmin::Client::new(config), directory: aws_sdk_identitystore::Client::new(config) }
    }
}

/// IAM Identity Center in its Region.
#[derive(Clone, Debug)]
pub(crate) struct IdentityCenter {
    pub(crate) clients: Clients,
    pub(crate) arn: String,
    pub(crate) identity_store_id: String,
}

/// What became of the search for the instance.
#[derive(Debug)]
pub(crate) enum Search {
    Active(IdentityCenter),
    /// In this Region.
    BeingCreated(String),
    /// The Region of the manifest is an additional one.
    Elsewhere {
        region: String,
        primary: String,
    },
    /// There is none, or it cannot be used, for this reason.
    Unusable(String),
}

impl CreatePermissionSets {
    /// Looks in the Region of the manifest. If it no longer has `identityCenter`, permission sets of ours can be left
    /// in one of the governed Regions.
    pub(crate) async fn find_instance(&self, manifest: &Manifest) -> Result<Search, StepError> {
        let Some(fields) = &manifest.identity_center else {
            for region in manifest.governed_regions() {
                if let found @ Search::Active(_) = self.instance_in(&region).await? {
                    return Ok(found);
                }
            }
            return Ok(Search::Unusable(String::new()));
        };
        self.instance_in(fields.region.as_deref().unwrap_or(GLOBAL_REGION)).await
    }

    async fn instance_in(&self, region: &str) -> Result<Search, StepError> {
        let clients = self.clients(region);
        let mut instances = clients.admin.list_instances().into_paginator().items().send();
        while let Some(instance) = instances.next().await {
            let instance = instance.context(format!("list the instances of IAM Identity Center in {region}"))?;
            // Member accounts can have instances of their own, which cannot assign access to accounts.
            if instance.owner_account_id() == Some(self.management_account.as_str()) {
                return Ok(search(region, clients, instance));
            }
        }
        Ok(Search::Unusable(not_enabled(region)))
    }
}

fn search(region: &str, clients: Clients, instance: InstanceMetadata) -> Search {
    if let Some(primary) = instance.primary_region().filter(|primary| *primary != region) {
        return Search::Elsewhere { region: region.to_owned(), primary: primary.to_owned() };
    }
    match instance.status() {
        None | Some(InstanceStatus::Active) => {}
        Some(InstanceStatus::CreateInProgress) => return Search::BeingCreated(region.to_owned()),
        Some(other) => return Search::Unusable(not_active(region, other, instance.status_reason())),
    }
    match instance.instance_arn.zip(instance.identity_store_id) {
        Some((arn, identity_store_id)) => Search::Active(IdentityCenter { clients, arn, identity_store_id }),
        None => Search::BeingCreated(region.to_owned()),
    }
}

fn not_enabled(region: &str) -> String {
    format!(
        "IAM Identity Center is not enabled in {region}, so the permission sets and groups of the manifest are not created: enable it in the console, and make a new plan"
    )
}

fn not_active(region: &str, status: &InstanceStatus, reason: Option<&str>) -> String {
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!(
        "IAM Identity Center in {region} is {status}{reason}, so the permission sets and groups of the manifest are not created: enable it in the console, and make a new plan"
    )
}

pub(crate) fn being_created(region: &str) -> String {
    format!("IAM Identity Center in {region} is not active yet: a run waits for it")
}

/// Permission sets can be read and changed in the primary Region only.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/api-support-in-additional-regions.html>
pub(crate) fn elsewhere(region: &str, primary: &str) -> PlanBlocker {
    PlanBlocker {
        pointer: "/identityCenter/region".to_owned(),
        detail: format!("must be {primary}, the primary Region of IAM Identity Center, not {region}"),
        remedy: format!("set `region: {primary}`"),
    }
}
