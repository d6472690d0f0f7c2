//! What earlier runs asked IAM Identity Center for. It answers at once, works on it for seconds, now and then for
//! minutes, and tells why it failed only to who names the request.

use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus, AccountAssignmentOperationStatusMetadata, OperationStatusFilter, StatusValues,
};
use time::{Duration, OffsetDateTime};
use vending_core::{Assignment, StepError};
use vending_runtime::error_code;

use super::{Assignments, Request, principal_type};

/// So many requests AWS works on at a time, in the whole organization.
pub(super) const MOST_UNDER_WAY: usize = 15;

/// One has them all, unless AWS reads a page before it filters it. The whole history is not worth reading.
pub(super) const MOST_PAGES: usize = 5;

/// A vend ends within the hour.
const LONGEST_VEND: Duration = Duration::HOUR;

/// The state machine runs the step again within half a minute. What failed before that was an earlier vend's, and what
/// was wrong may have been repaired since.
const JUST_NOW: Duration = Duration::minutes(2);

impl Assignments<'_> {
    /// Takes out of `missing` what AWS works on, and what it has just failed at.
    pub(super) async fn earlier<'a>(&self, missing: &mut Vec<&'a Assignment>) -> Result<Vec<Request<'a>>, StepError> {
        let mut requests = self.earlier_of(StatusValues::InProgress, LONGEST_VEND, missing).await?;
        requests.extend(self.earlier_of(StatusValues::Failed, JUST_NOW, missing).await?);
        Ok(requests)
    }

    async fn earlier_of<'a>(
        &self,
        status: StatusValues,
        since: Duration,
        missing: &mut Vec<&'a Assignment>,
    ) -> Result<Vec<Request<'a>>, StepError> {
        let mut requests = Vec::new();
        // An organization has one instance.
        let Some(instance_arn) = missing.first().map(|wanted| wanted.instance_arn.as_str()) else {
            return Ok(requests);
        };
        for id in self.ids(instance_arn, status, since).await? {
            let Some(status) = self.status_of(&id, instance_arn).await? else { continue };
            if let Some(place) = missing.iter().position(|wanted| self.is_for(wanted, &status)) {
                requests.push(Request { wanted: missing.remove(place), status: Some(status) });
            }
            if missing.is_empty() {
                break;
            }
        }
        Ok(requests)
    }

    /// Of everybody's requests: the list does not say whom they are for.
    async fn ids(&self, instance_arn: &str, status: StatusValues, since: Duration) -> Result<Vec<String>, StepError> {
        let list = self.client.list_account_assignment_creation_status().instance_arn(instance_arn);
        let filter = OperationStatusFilter::builder().status(status).build();
        let mut pages = list.filter(filter).into_paginator().page_size(100).send();
        let mut ids = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(page) = pages.next().await else { break };
            let page = page.map_err(|error| self.failed("look for access that is being made", &error))?;
            let listed = page.account_assignments_creation_status.unwrap_or_default().into_iter();
            ids.extend(listed.filter(|request| age(request) < Some(since)).filter_map(|request| request.request_id));
        }
        ids.truncate(MOST_UNDER_WAY);
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
            // Not known everywhere yet.
            Err(error) if error_code(&error) == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(self.failed("look at the access that is being made", &error)),
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
