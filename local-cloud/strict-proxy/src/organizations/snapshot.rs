//! The whole organization at a moment, for tests that compare it before and after.

use std::collections::{BTreeMap, BTreeSet};

use local_cloud::strict::{AccountSnapshot, OrganizationSnapshot, PolicySnapshot, UnitSnapshot};
use serde_json::{Value, json};

use super::Organization;
use super::enabling::root;
use super::errors::Rejection;
use super::policy_types::POLICY_TYPES;
use crate::sync::lock;

impl Organization {
    /// Everything is empty without an organization. The error is that of the emulator.
    pub(crate) async fn snapshot(&self) -> Result<OrganizationSnapshot, String> {
        let Ok(known) = self.organization().await else { return Ok(OrganizationSnapshot::default()) };
        let message = |rejection: Rejection| format!("could not read the organization: {rejection:?}");
        let (units, accounts) = self.tree_snapshot().await.map_err(message)?;
        let trusted = self.trusted_services().await.map_err(|response| message(response.into()))?;
        let policies = self.policies_snapshot().await.map_err(message)?;
        let governance = lock(&self.governance);
        let mut delegated_administrators: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (account, service) in governance.administrators.all() {
            delegated_administrators.entry(account.to_owned()).or_default().insert(service.to_owned());
        }
        let statuses = governance.enabled_types.statuses(self.clock.now()).into_iter();
        Ok(OrganizationSnapshot {
            id: Some(known.id),
            has_all_features: known.has_all_features,
            policy_types: statuses.map(|(name, status)| (name.to_owned(), status.to_owned())).collect(),
            units,
            accounts,
            policies,
            trusted_services: trusted.iter().map(|service| text(&service["ServicePrincipal"])).collect(),
            delegated_administrators,
            root_features: governance.root_features.iter().map(|feature| (*feature).to_owned()).collect(),
        })
    }

    async fn tree_snapshot(&self) -> Result<(Vec<UnitSnapshot>, Vec<AccountSnapshot>), Rejection> {
        let (mut units, mut accounts) = (Vec::new(), Vec::new());
        let mut pending = vec![(root(&self.upstreams).await?, None)];
        while let Some((unit, parent_id)) = pending.pop() {
            let id = text(&unit["Id"]);
            let below = self.units_below(&id).await?;
            pending.extend(below.into_iter().map(|unit| (unit, Some(id.clone()))));
            accounts.extend(self.accounts_snapshot(&id).await?);
            units.push(UnitSnapshot { name: text(&unit["Name"]), parent_id, tags: self.tag_map(&id).await?, id });
        }
        units.sort_by(|one, other| one.id.cmp(&other.id));
        accounts.sort_by(|one, other| one.id.cmp(&other.id));
        Ok((units, accounts))
    }

    async fn accounts_snapshot(&self, parent: &str) -> Result<Vec<AccountSnapshot>, Rejection> {
        let parameters = json!({"ParentId": parent});
        let listed = self.upstreams.organizations_list("ListAccountsForParent", parameters, "Accounts").await?;
        let mut accounts = Vec::new();
        for account in listed.into_iter().filter_map(|account| self.accounts.shown(account)) {
            let id = text(&account["Id"]);
            accounts.push(AccountSnapshot {
                tags: self.tag_map(&id).await?,
                id,
                name: text(&account["Name"]),
                email: text(&account["Email"]),
                state: text(&account["State"]),
                parent_id: parent.to_owned(),
            });
        }
        Ok(accounts)
    }

    async fn policies_snapshot(&self) -> Result<Vec<PolicySnapshot>, Rejection> {
        let mut policies = Vec::new();
        for kind in &POLICY_TYPES {
            for policy in self.policies_of(kind).await? {
                let id = text(&policy["Id"]);
                let described = self.described(&id).await?;
                let targets = self.targets_of(&id, kind).await?;
                policies.push(PolicySnapshot {
                    tags: self.tag_map(&id).await?,
                    id,
                    name: text(&policy["Name"]),
                    description: text(&policy["Description"]),
                    policy_type: kind.name.to_owned(),
                    content: text(&described["Policy"]["Content"]),
                    is_aws_managed: policy["AwsManaged"] == true,
                    targets: targets.iter().map(|target| text(&target["TargetId"])).collect(),
                });
            }
        }
        policies.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(policies)
    }

    async fn tag_map(&self, resource: &str) -> Result<BTreeMap<String, String>, Rejection> {
        let tags = self.tags_of(resource).await?;
        Ok(tags.iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect())
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
