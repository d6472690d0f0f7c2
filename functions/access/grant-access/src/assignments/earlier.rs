//! Finds the assignment requests of earlier runs.
//!
//! IAM Identity Center completes a request after seconds, sometimes minutes. Only
//! DescribeAccountAssignmentCreationStatus returns the reason of a failure, and it needs the ID of the request.

use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus, AccountAssignmentOperationStatusMetadata, OperationStatusFilter, StatusValues,
};
use time::{Duration, OffsetDateTime};
use vending_core::{Assignment, StepError};
use vending_runtime::error_code;

use super::{Assignments, Request, principal_type};

/// The maximum of requests in progress in the organization.
pub(super) const MAXIMUM_IN_PROGRESS: usize = 15;

/// The maximum of pages to read. AWS may filter after it cuts the pages, so one page may not be enough.
pub(super) const MAXIMUM_PAGES: usize = 5;

/// The maximum duration of a vend.
const MAXIMUM_VEND_DURATION: Duration = Duration::HOUR;

/// The age up to which a failed request is of this vend: the state machine retries the step within 30 seconds. An older
/// failure may have been fixed.
const RECENT_FAILURE: Duration = Duration::minutes(2);

impl Assignments<'_> {
    /// Moves the assignments that are in progress or have just failed from `missing` to the result.
    pub(super) async fn earlier_requests<'a>(
        &self,
        missing: &mut Vec<&'a Assignment>,
    ) -> Result<Vec<Request<'a>>, StepError> {
        let mut requests = self.requests_with(StatusValues::InProgress, MAXIMUM_VEND_DURATION, missing).await?;
        requests.extend(self.requests_with(StatusValues::Failed, RECENT_FAILURE, missing).await?);
        Ok(requests)
    }

    async fn requests_with<'a>(
        &self,
        status: StatusValues,
        maximum_age: Duration,
        missing: &mut Vec<&'a Assignment>,
    ) -> Result<Vec<Request<'a>>, StepError> {
        let mut requests = Vec::new();
        // An organization has one instance.
        let Some(instance_arn) = missing.first().map(|wanted| wanted.instance_arn.as_str()) else {
            return Ok(requests);
        };
        for id in self.ids(instance_arn, status, maximum_age).await? {
            let Some(status) = self.status_of(&id, instance_arn).await? else { continue };
            if let Some(position) = missing.iter().position(|wanted| self.is_for(wanted, &status)) {
                requests.push(Request { wanted: missing.remove(position), status: Some(status) });
            }
            if missing.is_empty() {
                break;
            }
        }
        Ok(requests)
    }

    /// The IDs of all recent requests in the organization, because the list does not contain the accounts.
    async fn ids(
        &self,
        instance_arn: &str,
        status: StatusValues,
        maximum_age: Duration,
    ) -> Result<Vec<String>, StepError> {
        let list = self.client.list_account_assignment_creation_status().instance_arn(instance_arn);
        let filter = OperationStatusFilter::builder().status(status).build();
        let mut pages = list.filter(filter).into_paginator().page_size(100).send();
        let mut ids = Vec::new();
        for _ in 0..MAXIMUM_PAGES {
            let Some(page) = pages.next().await else { break };
            let page = page.map_err(|error| self.map_error("list the assignment requests", &error))?;
            let listed = page.account_assignments_creation_status.unwrap_or_default().into_iter();
            ids.extend(
                listed.filter(|request| age(request) < Some(maximum_age)).filter_map(|request| request.request_id),
            );
        }
        ids.truncate(MAXIMUM_IN_PROGRESS);
        Ok(ids)
    }

    async fn status_of(
        &self,
        request_id: &str,
        instance_arn: &str,
    ) -> Result<Option<AccountAssignmentOperationStatus>, StepError> {
        let describe = self.client.describe_account_assignment_creation_status().instance_arn(instance_arn);
        match describe.account_assignment_creation_request_id(request_id).send().await {
            Ok(described) => Ok(described.account_assignment_creation_status),
            // The request has not propagated yet.
            Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(self.map_error("read the status of an assignment request", &error)),
        }
    }

    fn is_for(&self, wanted: &Assignment, status: &AccountAssignmentOperationStatus) -> bool {
        status.target_id() == Some(self.account.as_str())
            && status.permission_set_arn() == Some(wanted.permission_set_arn.as_str())
            && status.principal_type() == Some(&principal_type(wanted.principal_type))
            && status.principal_id() == Some(wanted.principal_id.as_str())
    }
}

fn age(listed: &AccountAssignmentOperationStatusMetadata) -> Option<Duration> {
    let created = OffsetDateTime::from_unix_timestamp(listed.created_date()?.secs()).ok()?;
    Some(OffsetDateTime::now_utc() - created)
}
