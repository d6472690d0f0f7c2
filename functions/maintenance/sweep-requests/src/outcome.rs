//! Derives the outcome of an execution that ended without a report.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vending_core::{AccountId, Outcome, Provenance, RequestRecord, Status, StepError, StepName, VendedAccount};
use vending_executions::{End, History};

use crate::SweepRequests;

impl SweepRequests {
    /// The outcome, from the history of the execution and from the account in the organization. Without an `end`, the
    /// execution succeeded.
    pub(crate) async fn outcome(&self, record: &RequestRecord, end: Option<&End>) -> Result<Outcome, StepError> {
        let history = self.executions.history(&record.request_id, false).await?;
        let account = self.account(record, &history).await?;
        let failure = end.map(|end| end.failure(&history));
        Ok(Outcome {
            status: if failure.is_some() { Status::Failed } else { Status::Vended },
            ended_at: OffsetDateTime::now_utc(),
            account,
            creation_id: creation(&history, "creationId").map(str::to_owned),
            creations: None,
            steps: history.reports,
            failure,
            evidence: None,
            pending_parts: [].into(),
        })
    }

    /// Finds the account by the ID in the history or the record, or else by its email. An account that does not belong
    /// to this request is not returned.
    async fn account(&self, record: &RequestRecord, history: &History) -> Result<Option<VendedAccount>, StepError> {
        let request = &record.request;
        let created: Option<AccountId> = creation(history, "accountId").and_then(|id| id.parse().ok());
        let known_id = created.as_ref().or(record.account_id.as_ref());
        let provenance = Provenance { key: record.request_id.account_key.clone(), deployment: self.stack_name.clone() };
        let found = match known_id {
            Some(id) => self.organization.recorded_account(id, &provenance).await?,
            None => {
                self.organization
                    .find_created_account(&request.account_email, &provenance, record.requester_since, false)
                    .await?
            }
        };
        let found = found.into_managed();
        let role = |step, field| history.result(&[step], field).map(str::to_owned);
        Ok(found.map(|found| VendedAccount {
            id: found.id.to_string(),
            name: found.name,
            email: request.account_email.to_string(),
            organizational_unit: request.organizational_unit.to_string(),
            vending_role_arn: role(StepName::BootstrapRole, "roleArn"),
            engineer_role_arn: role(StepName::GrantAccess, "engineerRoleArn"),
            github_role_arns: history.list(&[StepName::ConfigureGithubOidc], "githubRoleArns"),
            created_at: creation(history, "accountCreatedAt").and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok()),
        }))
    }
}

/// A field from the result of the last run of CreateAccount or CheckAccountCreation.
fn creation<'a>(history: &'a History, field: &str) -> Option<&'a str> {
    history.result(&[StepName::CreateAccount, StepName::CheckAccountCreation], field)
}
