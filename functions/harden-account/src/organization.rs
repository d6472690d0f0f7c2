//! Analyzers of the whole organization: where one is active, an account needs none of its own.
//!
//! They are seen only in the account that is the delegated administrator of IAM Access Analyzer.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_accessanalyzer::Client;
use aws_sdk_accessanalyzer::types::{AnalyzerStatus, Type};
use vending_core::{AccountId, BaselineInput, RequestId, StepError};
use vending_runtime::{LONG_SETTLED, MemberSession, from_sdk, in_each_region, settling};

use crate::analyzer;

/// All that is done in the security account.
pub(crate) const SESSION_ACTIONS: &[&str] = &["access-analyzer:ListAnalyzers"];

/// Where analyzers of the organization look at the account.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    pub(crate) regions: BTreeSet<String>,
    /// Why it could not be seen, if so.
    pub(crate) note: Option<String>,
}

pub(crate) async fn coverage(
    config: &SdkConfig,
    request: &RequestId,
    input: &BaselineInput,
    security_account: &AccountId,
) -> Result<Coverage, StepError> {
    let session = MemberSession::elsewhere(config, request, input, security_account, SESSION_ACTIONS).await;
    match unless_it_may_heal(session)? {
        Ok(session) => look(analyzer::clients(&session, &input.governed_regions)).await,
        Err(denied) => Ok(Coverage { note: Some(unseen(&denied)), ..Coverage::default() }),
    }
}

async fn look(clients: Vec<(String, Client)>) -> Result<Coverage, StepError> {
    let work = clients.into_iter();
    let work = work.map(|(region, client)| (region, async move { unless_it_may_heal(is_covered(&client).await) }));
    let mut coverage = Coverage::default();
    for (region, covered) in in_each_region(work).await? {
        match covered {
            Ok(true) => {
                coverage.regions.insert(region);
            }
            Ok(false) => {}
            Err(denied) => coverage.note = Some(unseen(&denied)),
        }
    }
    Ok(coverage)
}

async fn is_covered(client: &Client) -> Result<bool, StepError> {
    let listed = client.list_analyzers().r#type(Type::Organization).send().await;
    let listed =
        listed.map_err(|error| settling(from_sdk("list the organization's analyzers", &error), LONG_SETTLED))?;
    Ok(listed.analyzers.iter().any(|analyzer| analyzer.status == AnalyzerStatus::Active))
}

/// What may heal is tried again, so that no analyzer is made for want of an answer. What will not is passed over: an
/// analyzer of the account's own does the same work.
fn unless_it_may_heal<T>(result: Result<T, StepError>) -> Result<Result<T, StepError>, StepError> {
    match result {
        Err(error) if error.code().is_retryable() => Err(error),
        settled => Ok(settled),
    }
}

fn unseen(denied: &StepError) -> String {
    format!("analyzers of the organization are not seen in the security account: {denied}")
}

#[cfg(test)]
mod tests;
