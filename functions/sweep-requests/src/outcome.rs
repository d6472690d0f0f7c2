//! The outcome of an execution that ended without reporting it.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vending_core::{Account, AccountId, Outcome, RequestRecord, Status, StepError};
use vending_executions::{End, History};

use crate::SweepRequests;

impl SweepRequests {
    /// What the execution's history tells, and the account as the organization has it; without an `end` the
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
            steps: history.reports,
            failure,
            evidence: None,
            owed: false,
        })
    }

    /// The account is looked for first where the history or the record has it, and used only when it proves to be
    /// this request's.
    async fn account(&self, record: &RequestRecord, history: &History) -> Result<Option<Account>, StepError> {
        let request = &record.request;
        let created: Option<AccountId> = creation(history, "accountId").and_then(|id| id.parse().ok());
        let hint = created.as_ref().or(record.account_id.as_ref());
        let found = self.organization.find(hint, &request.account_email).await?.ours();
        let role = |step, field| history.result(&[step], field).map(str::to_owned);
        Ok(found.map(|found| Account {
            id: found.id.to_string(),
            name: found.name,
            email: request.account_email.to_string(),
            organizational_unit: request.organizational_unit.to_string(),
            vending_role_arn: role("BootstrapRole", "roleArn"),
            engineer_role_arn: role("GrantAccess", "engineerRoleArn"),
            github_role_arns: history.list(&["TrustGithub"], "githubRoleArns"),
            created_at: creation(history, "accountCreatedAt").and_then(|at| OffsetDateTime::parse(at, &Rfc3339).ok()),
        }))
    }
}

/// Either step may have come to know it, and both may have run again.
fn creation<'a>(history: &'a History, field: &str) -> Option<&'a str> {
    history.result(&["CreateAccount", "CheckAccountCreation"], field)
}
