//! Reads the analyzers of the organization. In a Region with an active one, the account needs none of its own.
//!
//! Only the delegated administrator of IAM Access Analyzer can list them.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{AnalyzerStatus, Type};
use vending_core::{AccountId, BaselineInput, RequestId, StepError};
use vending_runtime::{Context, MemberSession, PROPAGATION_COMPLETE, SessionPolicy, WhilePropagating, in_each_region};

use crate::clients::clients;

/// The session policy in the security account.
const SESSION_POLICY: SessionPolicy = SessionPolicy::new(include_str!("../session-policy.security-account.json"));

/// The Regions where an analyzer of the organization covers the account.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    pub(crate) regions: BTreeSet<String>,
    /// Why the analyzers could not be read, if so.
    pub(crate) note: Option<String>,
}

pub(crate) async fn coverage(
    config: &SdkConfig,
    request: &RequestId,
    input: &BaselineInput,
    security_account: &AccountId,
) -> Result<Coverage, StepError> {
    let session = MemberSession::in_account(config, request, input, security_account, &SESSION_POLICY).await;
    match retry_transient(session)? {
        Ok(session) => read(clients(&session, &input.settings.governed_regions)).await,
        Err(denied) => Ok(Coverage { note: Some(unreadable(&denied)), ..Coverage::default() }),
    }
}

async fn read(clients: Vec<(String, Client)>) -> Result<Coverage, StepError> {
    let work = clients.into_iter().map(|(region, client)| {
        let covered = async move { is_covered(&client).await.retry_while_propagating(PROPAGATION_COMPLETE) };
        (region, async { retry_transient(covered.await) })
    });
    let mut coverage = Coverage::default();
    for (region, covered) in in_each_region(work).await? {
        match covered {
            Ok(true) => {
                coverage.regions.insert(region);
            }
            Ok(false) => {}
            Err(denied) => coverage.note = Some(unreadable(&denied)),
        }
    }
    Ok(coverage)
}

async fn is_covered(client: &Client) -> Result<bool, StepError> {
    let mut analyzers = client.list_analyzers().r#type(Type::Organization).into_paginator().items().send();
    while let Some(analyzer) = analyzers.try_next().await.context("list the organization's analyzers")? {
        if analyzer.status == AnalyzerStatus::Active {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns transient errors, so that the step is retried and creates no unneeded analyzer. Permanent errors are only
/// noted, because an analyzer in the account does the same.
fn retry_transient<T>(result: Result<T, StepError>) -> Result<Result<T, StepError>, StepError> {
    match result {
        Err(error) if error.code().is_retryable() => Err(error),
        result => Ok(result),
    }
}

fn unreadable(denied: &StepError) -> String {
    format!("could not read the organization's analyzers in the security account: {denied}")
}

#[cfg(test)]
mod tests;
