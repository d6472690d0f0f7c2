//! The values of the placeholders.

use std::collections::BTreeMap;

use vending_core::{Arn, DEFAULT_REGIONS};

use crate::placeholder::{Part, Placeholder};

/// What the placeholders stand for in one organization.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Values {
    pub governed_regions: Vec<String>,
    pub home_region: String,
    /// The name of the organization trail, or its ARN.
    pub trail_name: Option<String>,
    /// What the names of the buckets of the log archive begin with. None without a log archive.
    pub log_bucket_prefix: Option<String>,
    /// The GitHub owners of all `vending` blocks, with their IDs.
    pub github_owners: BTreeMap<String, u64>,
    pub organization_id: String,
    pub management_account_id: String,
    /// The name of the role that AWS Organizations creates in new accounts.
    pub organization_access_role: String,
}

impl Default for Values {
    /// The defaults of the manifest and the stack. The ID of the organization and that of its management account are
    /// those of examples, for checks without AWS.
    fn default() -> Self {
        Self {
            governed_regions: vec!["us-east-1".to_owned()],
            home_region: "us-east-1".to_owned(),
            trail_name: None,
            log_bucket_prefix: None,
            github_owners: BTreeMap::new(),
            organization_id: "o-exampleorgid".to_owned(),
            management_account_id: "123456789012".to_owned(),
            organization_access_role: "OrganizationAccountAccessRole".to_owned(),
        }
    }
}

/// The account in which the principals of cases work. It is a member account.
pub const CASE_ACCOUNT: &str = "111122223333";

impl Values {
    /// The values of a placeholder: one, or those of a list. Fails with what has to be set.
    pub(crate) fn get(&self, placeholder: Placeholder) -> Result<Vec<String>, String> {
        let one = |value: &str| vec![value.to_owned()];
        let owner = self.github_owners.first_key_value();
        let values = match placeholder {
            Placeholder::GovernedRegions => self.governed_regions.clone(),
            Placeholder::HomeRegion => one(&self.home_region),
            Placeholder::TrailName => self.trail_name.as_deref().map(trail_name).map(one).unwrap_or_default(),
            Placeholder::LogBucketPrefix => self.log_bucket_prefix.as_deref().map(one).unwrap_or_default(),
            Placeholder::GithubSubjects => self.github_subjects(),
            Placeholder::OrganizationId => one(&self.organization_id),
            Placeholder::ManagementAccountId => one(&self.management_account_id),
            Placeholder::OrganizationAccessRole => one(&self.organization_access_role),
            Placeholder::AccountId => one(CASE_ACCOUNT),
            Placeholder::OtherRegion => one(self.other_region()),
            Placeholder::GithubOwner => owner.map(|(name, _)| name.clone()).into_iter().collect(),
            Placeholder::GithubOwnerId => owner.map(|(_, id)| id.to_string()).into_iter().collect(),
        };
        if values.is_empty() {
            return Err(format!("needs a value for {{{{{placeholder}}}}}: set {}", placeholder.source()));
        }
        Ok(values)
    }

    /// Fills a string. Fails with what has to be set.
    pub(crate) fn fill(&self, parts: &[Part<'_>]) -> Result<String, String> {
        let value = |part: &Part<'_>| match part {
            Part::Text(text) => Ok((*text).to_owned()),
            Part::Placeholder(placeholder) => Ok(self.get(*placeholder)?.concat()),
        };
        parts.iter().map(value).collect()
    }

    /// The subjects of the tokens of GitHub Actions. Repositories that were created, renamed, or transferred after
    /// 2026-07-15 have the numeric IDs in them:
    /// <https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims>. Both forms end with a separator
    /// before the wildcard, so that no longer name matches.
    fn github_subjects(&self) -> Vec<String> {
        let subjects = |(owner, id): (&String, &u64)| [format!("repo:{owner}/*"), format!("repo:{owner}@{id}/*")];
        self.github_owners.iter().flat_map(subjects).collect()
    }

    /// A Region for cases that are about others. If all are governed, no such case has a meaning.
    fn other_region(&self) -> &str {
        let is_other = |region: &&&str| !self.governed_regions.iter().any(|governed| governed == **region);
        DEFAULT_REGIONS.iter().find(is_other).copied().unwrap_or("af-south-1")
    }
}

/// The name of a trail that may be given by its ARN.
fn trail_name(text: &str) -> &str {
    Arn::parse(text).and_then(|arn| arn.resource_after("trail/")).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_that_is_not_set_names_the_field() {
        let values = Values::default();
        for (placeholder, message) in [
            (Placeholder::TrailName, "needs a value for {{trailName}}: set `trail.name` of the manifest"),
            (Placeholder::LogBucketPrefix, "needs a value for {{logBucketPrefix}}: set `logArchive` of the manifest"),
            (
                Placeholder::GithubSubjects,
                "needs a value for {{githubSubjects}}: set `vending.githubOwners` at the root or an OU of the manifest",
            ),
        ] {
            assert_eq!(values.get(placeholder), Err(message.to_owned()));
        }
    }

    #[test]
    fn trail_can_be_given_by_its_arn() {
        let arn = "arn:aws:cloudtrail:eu-central-1:123456789012:trail/organization-trail";
        for name in ["organization-trail", arn] {
            let values = Values { trail_name: Some(name.to_owned()), ..Values::default() };
            assert_eq!(values.get(Placeholder::TrailName).unwrap(), ["organization-trail"]);
        }
    }

    #[test]
    fn github_subjects_have_both_formats() {
        let github_owners = [("acme".to_owned(), 9919), ("beta".to_owned(), 7)].into();
        let values = Values { github_owners, ..Values::default() };
        assert_eq!(
            values.get(Placeholder::GithubSubjects).unwrap(),
            ["repo:acme/*", "repo:acme@9919/*", "repo:beta/*", "repo:beta@7/*"]
        );
        assert_eq!(values.get(Placeholder::GithubOwner).unwrap(), ["acme"]);
        assert_eq!(values.get(Placeholder::GithubOwnerId).unwrap(), ["9919"]);
    }

    #[test]
    fn other_region_is_not_governed() {
        let governed_regions = DEFAULT_REGIONS[..4].iter().map(|region| (*region).to_owned()).collect();
        let values = Values { governed_regions, ..Values::default() };
        assert_eq!(values.get(Placeholder::OtherRegion).unwrap(), [DEFAULT_REGIONS[4]]);
    }
}
