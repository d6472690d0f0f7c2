//! Settles everything about a request that can be settled before an account and an email are spent.

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vending_core::{AccountKey, AccountRequest, Bounds, ErrorCode, RequestId, StepError};
use vending_organization::{Organization, Units};
use vending_runtime::{Done, Environment, StartError, Step};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub request: AccountRequest,
}

/// What the later states work with.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Validated {
    pub organizational_unit_id: String,
    pub governed_regions: Vec<String>,
}

#[derive(Debug)]
pub struct ValidateRequest {
    organization: Organization,
    bounds: Bounds,
    governed_regions: Vec<String>,
}

impl ValidateRequest {
    /// Reads `EMAIL_PATTERN`, `ALLOWED_ORGANIZATIONAL_UNITS`, `PROTECTED_ORGANIZATIONAL_UNITS` and `GOVERNED_REGIONS`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            organization: Organization::new(aws_sdk_organizations::Client::new(config)),
            bounds: environment.bounds()?,
            governed_regions: environment.required_list("GOVERNED_REGIONS")?,
        })
    }
}

impl Step for ValidateRequest {
    const NAME: &'static str = "ValidateRequest";
    type Input = Input;
    type Result = Validated;

    async fn run(&self, id: &RequestId, input: Input) -> Result<Done<Validated>, StepError> {
        let request = &input.request;
        if AccountKey::of(&request.account_email) != id.account_key {
            return Err(invalid("the request id does not belong to the request's accountEmail"));
        }
        // The doors have checked this; an execution that was started by hand has not been through a door.
        if let Some(refusal) = self.bounds.refusal(&request.organizational_unit) {
            return Err(invalid(format!("organizationalUnit {refusal}")));
        }
        let organizational_unit_id = match self.organization.resolve(&request.organizational_unit).await? {
            Units::Found(id) => id,
            Units::Missing(problem) => return Err(invalid(format!("organizationalUnit {problem}"))),
        };
        let detail = format!("{} is {organizational_unit_id}", request.organizational_unit);
        Ok(Done::unchanged(
            detail,
            Validated { organizational_unit_id, governed_regions: self.governed_regions.clone() },
        ))
    }
}

fn invalid(message: impl Into<String>) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use aws_sdk_organizations::Client;
    use aws_sdk_organizations::operation::list_organizational_units_for_parent::ListOrganizationalUnitsForParentOutput;
    use aws_sdk_organizations::operation::list_roots::ListRootsOutput;
    use aws_sdk_organizations::types::{OrganizationalUnit, Root};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use serde_json::json;

    use super::*;

    fn root() -> Rule {
        mock!(Client::list_roots)
            .then_output(|| ListRootsOutput::builder().roots(Root::builder().id("r-1").build()).build())
    }

    fn children(parent: &'static str, name: &'static str, id: &'static str) -> Rule {
        mock!(Client::list_organizational_units_for_parent)
            .match_requests(move |request| request.parent_id() == Some(parent))
            .then_output(move || {
                let unit = OrganizationalUnit::builder().name(name).id(id).build();
                ListOrganizationalUnitsForParentOutput::builder().organizational_units(unit).build()
            })
    }

    async fn run(path: &str, key_of: &str, rules: &[&Rule]) -> Result<Validated, String> {
        let client = mock_client!(aws_sdk_organizations, RuleMode::Sequential, rules);
        let step = ValidateRequest {
            organization: Organization::new(client),
            bounds: Bounds {
                email_pattern: String::new(),
                allowed_organizational_units: vec!["*".to_owned()],
                protected_organizational_units: vec!["Security".to_owned()],
            },
            governed_regions: vec!["us-east-1".to_owned()],
        };
        let request = json!({ "accountName": "a", "accountEmail": "a@example.com", "organizationalUnit": path });
        let input = Input { request: serde_json::from_value(request).unwrap() };
        let id = RequestId::new(AccountKey::of(&key_of.parse().unwrap()), 1);
        let done = step.run(&id, input).await;
        done.map(|done| done.result).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_path_is_resolved_level_by_level() {
        let (workloads, development) = (children("r-1", "Workloads", "ou-w"), children("ou-w", "Development", "ou-d"));
        let found = run("Workloads/Development", "a@example.com", &[&root(), &workloads, &development]).await;
        assert_eq!(found.unwrap().organizational_unit_id, "ou-d");
    }

    #[tokio::test]
    async fn a_missing_unit_is_named_with_what_is_there() {
        let workloads = children("r-1", "Workloads", "ou-w");
        let error = run("Sandbox", "a@example.com", &[&root(), &workloads]).await.unwrap_err();
        assert_eq!(error, "organizationalUnit must exist: there is no `Sandbox` below the root, which has Workloads");
    }

    #[tokio::test]
    async fn nothing_is_asked_of_aws_for_what_can_be_refused_at_once() {
        let protected = run("Security", "a@example.com", &[]).await.unwrap_err();
        assert!(protected.contains("protected"), "{protected}");
        let foreign = run("Workloads", "b@example.com", &[]).await.unwrap_err();
        assert!(foreign.contains("request id"), "{foreign}");
    }
}
