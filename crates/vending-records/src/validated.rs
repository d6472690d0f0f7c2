//! Validated requests: what a step may do for a request. Of a payload, only the request ID is trusted.
//!
//! Any caller of a function can write its payload. So the functions of a vend read the request from its record, and the
//! rest from `validated/{accountKey}/{attempt}.json`, which only validate-request can write.

use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};
use vending_core::{AccountId, BaselineInput, ErrorCode, RequestId, RequestRecord, Status, StepError, Validated};
use vending_runtime::{Context, Environment, StartError, VerifiedInput};

use crate::{AccountRecords, Records};

/// A request that has not ended.
#[derive(Clone, Debug)]
pub struct ValidatedRequest {
    pub record: RequestRecord,
    pub validated: Validated,
}

impl Records {
    /// The record of a request that has not ended. A failed request counts as active unless it has a later attempt,
    /// because its execution can be redriven.
    pub async fn active(&self, id: &RequestId) -> Result<RequestRecord, StepError> {
        let Some(record) = self.get(id).await? else {
            return Err(rejected(format!("there is no request {id}")));
        };
        let ended = match &record.outcome {
            None => false,
            Some(outcome) => outcome.status != Status::Failed || self.get(&id.next()).await?.is_some(),
        };
        if ended { Err(rejected(format!("request {id} has ended"))) } else { Ok(record) }
    }

    /// The record and the validated request of an active request.
    pub async fn validated(&self, id: &RequestId) -> Result<ValidatedRequest, StepError> {
        let record = self.active(id).await?;
        match self.0.read(&key(id), "read the validated request").await? {
            Some(document) => Ok(ValidatedRequest { record, validated: document.value }),
            None => Err(rejected(format!("request {id} has not been validated"))),
        }
    }

    /// Stores the ID of the creation that create-account requested. check-account-creation accepts no other creation.
    pub async fn put_creation(&self, id: &RequestId, creation_id: &str) -> Result<(), StepError> {
        let creation = Creation { creation_id: creation_id.to_owned() };
        self.0.put(&creation_key(id), &creation)?.send().await.context("record the creation")?;
        Ok(())
    }

    /// Rejects a creation that does not belong to this request.
    pub async fn verify_creation(&self, id: &RequestId, creation_id: &str) -> Result<(), StepError> {
        let recorded = self.0.read::<Creation>(&creation_key(id), "read the creation of the request").await?;
        match recorded {
            Some(recorded) if recorded.value.creation_id == creation_id => Ok(()),
            _ => Err(rejected(format!("creation {creation_id} does not belong to request {id}"))),
        }
    }

    pub async fn put_validated(&self, id: &RequestId, validated: &Validated) -> Result<(), StepError> {
        self.0.put(&key(id), validated)?.send().await.context("write the validated request")?;
        Ok(())
    }
}

impl AccountRecords {
    /// Rejects an account that is not recorded for this request.
    pub async fn verify_request(&self, account: &AccountId, id: &RequestId) -> Result<(), StepError> {
        match self.get(account).await? {
            Some(record) if record.request_id == *id => Ok(()),
            Some(record) => {
                Err(rejected(format!("account {account} belongs to request {}, not to {id}", record.request_id)))
            }
            None => Err(rejected(format!("account {account} is not recorded for request {id}"))),
        }
    }
}

/// The recorded requests of accounts: the input of a step that no caller of its function can choose.
#[derive(Debug)]
pub struct RecordedInput {
    records: Records,
    accounts: AccountRecords,
}

impl RecordedInput {
    /// Reads `RECORDS_BUCKET`.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, StartError> {
        Ok(Self::from_bucket(aws_sdk_s3::Client::new(config), environment.required("RECORDS_BUCKET")?))
    }

    pub fn from_bucket(client: aws_sdk_s3::Client, bucket: String) -> Self {
        Self { records: Records::new(client.clone(), bucket.clone()), accounts: AccountRecords::new(client, bucket) }
    }

    /// The request of an account that has not ended.
    pub async fn request(&self, id: &RequestId, account: &AccountId) -> Result<ValidatedRequest, StepError> {
        let request = self.records.validated(id).await?;
        self.accounts.verify_request(account, id).await?;
        Ok(request)
    }

    /// Replaces the request, the settings, and the assignments of the input with the recorded ones. Rejects another
    /// account.
    pub(crate) async fn load(
        &self,
        id: &RequestId,
        input: BaselineInput,
    ) -> Result<(ValidatedRequest, BaselineInput), StepError> {
        let request = self.request(id, &input.account_id).await?;
        if !input.role_arn.contains(&format!(":iam::{}:role/", input.account_id)) {
            return Err(rejected(format!("the role does not belong to account {}", input.account_id)));
        }
        let Validated { settings, assignments, pending_access, .. } = request.validated.clone();
        let request_content = request.record.request.clone();
        Ok((request, BaselineInput { request: request_content, settings, assignments, pending_access, ..input }))
    }
}

impl VerifiedInput for RecordedInput {
    async fn verify(&self, id: &RequestId, input: BaselineInput) -> Result<BaselineInput, StepError> {
        self.load(id, input).await.map(|(_, input)| input)
    }
}

fn rejected(message: String) -> StepError {
    StepError::new(ErrorCode::InvalidRequest, message).with_remedy(
        "request accounts with POST /accounts or a stack; executions and functions that are started manually are rejected",
    )
}

/// `creations/{accountKey}/{attempt}.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Creation {
    creation_id: String,
}

fn creation_key(id: &RequestId) -> String {
    format!("creations/{}/{}.json", id.account_key, id.attempt)
}

pub(crate) fn key(id: &RequestId) -> String {
    format!("validated/{}/{}.json", id.account_key, id.attempt)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::Duration;
    use vending_core::{AccountRecord, AccountRequest, Assignment, Outcome, fixtures};

    use super::*;
    use crate::testing::Bucket;

    const ACCOUNT: &str = "111111111111";

    fn record(attempt: u32) -> RequestRecord {
        fixtures::request_record(fixtures::account_request(), attempt, "arn:jane")
    }

    fn ended(attempt: u32, status: &str) -> RequestRecord {
        let outcome = json!({
            "status": status, "endedAt": "2026-11-22T00:00:00Z", "account": null, "creationId": null, "steps": [],
            "failure": null,
        });
        let outcome: Outcome = serde_json::from_value(outcome).unwrap();
        RequestRecord { outcome: Some(outcome), ..record(attempt) }
    }

    fn bucket() -> Bucket {
        let bucket = Bucket::with_request(&record(1), &fixtures::validated());
        bucket.put_account(&AccountRecord::new(&record(1), ACCOUNT.parse().unwrap(), "ou-target".to_owned()));
        bucket
    }

    async fn recorded(bucket: &Bucket, input: BaselineInput) -> Result<BaselineInput, String> {
        let recorded = RecordedInput::from_bucket(bucket.client(), "records".to_owned());
        recorded.verify(&record(1).request_id, input).await.map_err(|error| error.to_string())
    }

    /// A payload from a caller that wants more access.
    fn forged() -> BaselineInput {
        let assignment = json!({
            "instanceArn": "arn:i", "permissionSetArn": "arn:Administrator", "principalType": "USER",
            "principalId": "mallory", "label": "mallory",
        });
        let assignment: Assignment = serde_json::from_value(assignment).unwrap();
        let input = fixtures::baseline_input(Duration::ZERO);
        let request = AccountRequest { account_name: "forged".to_owned(), ..input.request.clone() };
        let mut settings = input.settings.clone();
        settings.disabled_steps = vec!["GrantAccess".to_owned()];
        BaselineInput { assignments: vec![assignment], settings, request, ..input }
    }

    #[tokio::test]
    async fn forged_payload_gets_no_additional_access() {
        let input = recorded(&bucket(), forged()).await.unwrap();
        assert_eq!((input.assignments.len(), input.settings.disabled_steps.len()), (0, 0));
        assert_eq!(input.request, record(1).request);
    }

    #[tokio::test]
    async fn role_of_another_account_is_rejected() {
        let role_arn = "arn:aws:iam::222222222222:role/account-vending/AccountVending".to_owned();
        let error = recorded(&bucket(), BaselineInput { role_arn, ..forged() }).await.unwrap_err();
        assert!(error.contains("the role does not belong to account"), "{error}");
    }

    #[tokio::test]
    async fn account_of_another_request_is_rejected() {
        let other = BaselineInput { account_id: "222222222222".parse().unwrap(), ..forged() };
        assert!(recorded(&bucket(), other.clone()).await.unwrap_err().contains("is not recorded"));
        let bucket = bucket();
        bucket.put_account(&AccountRecord::new(&record(2), other.account_id.clone(), "ou-target".to_owned()));
        assert!(recorded(&bucket, other).await.unwrap_err().contains("belongs to request"));
    }

    #[tokio::test]
    async fn ended_or_missing_request_is_rejected() {
        let key = |attempt: u32| format!("requests/{}/{attempt}.json", record(1).request_id.account_key);
        let bucket = bucket();
        bucket.put(&key(1), &ended(1, "VENDED"));
        assert!(recorded(&bucket, forged()).await.unwrap_err().contains("has ended"));
        // A failed execution can be redriven until there is a later attempt.
        bucket.put(&key(1), &ended(1, "FAILED"));
        assert!(recorded(&bucket, forged()).await.is_ok());
        bucket.put(&key(2), &record(2));
        assert!(recorded(&bucket, forged()).await.unwrap_err().contains("has ended"));
        assert!(recorded(&Bucket::default(), forged()).await.unwrap_err().contains("there is no request"));
        let unvalidated = Bucket::default();
        unvalidated.put(&key(1), &record(1));
        assert!(recorded(&unvalidated, forged()).await.unwrap_err().contains("has not been validated"));
    }
}
