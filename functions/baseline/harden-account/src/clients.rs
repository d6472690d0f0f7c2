//! The clients of IAM Access Analyzer.

use aws_sdk_accessanalyzer::Client;
use vending_runtime::MemberSession;

/// One client for each Region.
pub(crate) fn clients(session: &MemberSession, regions: &[String]) -> Vec<(String, Client)> {
    regions.iter().map(|region| (region.clone(), Client::new(&session.in_region(region)))).collect()
}
