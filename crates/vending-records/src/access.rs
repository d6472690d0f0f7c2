//! The input of the steps that let people and repositories in.

use aws_config::SdkConfig;
use vending_core::{
    BaselineInput, ErrorCode, GroupAccess, Problem, RequestId, RequestPolicy, RequestRecord, StepError, VendingSettings,
};
use vending_runtime::{Environment, StartError, VerifiedInput};

use crate::settings::StoredSettings;
use crate::validated::RecordedInput;

/// The fields of a request that let people and repositories in.
const ACCESS_FIELDS: [&str; 2] = ["/access", "/githubDeploy"];

/// The recorded input of a step that grants access, as far as the present settings still allow it. Settings may have
/// changed since the request was validated.
#[derive(Debug)]
pub struct AccessInput {
    recorded: RecordedInput,
    settings: StoredSettings,
}

impl AccessInput {
    /// Reads `RECORDS_BUCKET`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self {
            recorded: RecordedInput::new(config, environment)?,
            settings: StoredSettings::from_environment(config, environment)?,
        })
    }

    pub fn from_bucket(client: &aws_sdk_s3::Client, bucket: &str) -> Self {
        Self {
            recorded: RecordedInput::from_bucket(client.clone(), bucket.to_owned()),
            settings: StoredSettings::new(client.clone(), bucket.to_owned()),
        }
    }
}

impl VerifiedInput for AccessInput {
    async fn verify(&self, id: &RequestId, input: BaselineInput) -> Result<BaselineInput, StepError> {
        let (request, input) = self.recorded.load(id, input).await?;
        let allowed = self.settings.read().await?.resolve(&request.validated.organizational_unit_ids);
        let input = without_withdrawn(&allowed, input);
        check(allowed, &request.record)?;
        Ok(input)
    }
}

/// Rejects a request whose access the settings no longer allow.
fn check(allowed: VendingSettings, record: &RequestRecord) -> Result<(), StepError> {
    let policy = RequestPolicy::new(allowed, record.by_operator, &[]);
    let is_access = |problem: &Problem| ACCESS_FIELDS.iter().any(|field| problem.pointer.starts_with(field));
    let problems: Vec<_> = record.request.violations(&policy).into_iter().filter(is_access).collect();
    if problems.is_empty() {
        return Ok(());
    }
    let described: Vec<_> = problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.detail)).collect();
    let message = format!("the settings have changed, and no longer allow this request: {}", described.join("; "));
    Err(StepError::new(ErrorCode::InvalidRequest, message))
}

/// Leaves out what the settings granted to every account when the request was validated, and no longer do.
fn without_withdrawn(allowed: &VendingSettings, mut input: BaselineInput) -> BaselineInput {
    let is_allowed = |access: &GroupAccess| allowed.access.contains(access);
    input.assignments.retain(|assignment| assignment.granted_by_settings.as_ref().is_none_or(is_allowed));
    input
}
