//! The default VPC of one region: AWS makes one in each, open to the internet, and nobody asked for it.
//!
//! It is removed as long as it is as AWS made it and nothing is in it. Its default route table, network ACL and security
//! group go with it (EC2 API Reference, DeleteVpc).

mod look;
mod plan;
mod remove;

use std::error::Error;
use std::sync::OnceLock;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use time::OffsetDateTime;
use vending_core::{BaselineInput, StepError, ready_by};
use vending_runtime::{Changes, from_sdk, settling};

use crate::default_vpc::look::Found;
use crate::default_vpc::plan::Vpc;
use crate::default_vpc::remove::InUse;

pub(crate) const SESSION_ACTIONS: &[&str] = &[
    "ec2:DeleteInternetGateway",
    "ec2:DeleteSubnet",
    "ec2:DeleteVpc",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:DetachInternetGateway",
];

#[derive(Debug)]
pub(crate) struct DefaultVpc {
    region: String,
    client: Client,
    ready_by: OffsetDateTime,
    /// Until when all there is in the account was made by AWS and by ourselves: people are let in last.
    new_until: OffsetDateTime,
    known: OnceLock<Known>,
}

/// What this run has found out, so that it reads back what it removed and nothing else.
#[derive(Debug)]
enum Known {
    /// There is nothing to remove, perhaps with a note on why.
    Settled(Option<String>),
    /// To be read back. In an account that is not new the look at the security groups has taken that call's place.
    Removed,
}

impl DefaultVpc {
    pub(crate) fn new(region: &str, client: Client, input: &BaselineInput) -> Self {
        let (ready_by, new_until) = (input.ready_by(), ready_by(input.account_created_at));
        Self { region: region.to_owned(), client, ready_by, new_until, known: OnceLock::new() }
    }

    /// Answers a note where the VPC has to stay.
    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Option<String>, StepError> {
        match self.known.get() {
            None => self.look_and_remove(changes).await,
            Some(Known::Settled(note)) => Ok(note.clone()),
            Some(Known::Removed) => self.read_back(changes).await,
        }
    }

    async fn look_and_remove(&self, changes: &Changes) -> Result<Option<String>, StepError> {
        match self.look().await? {
            Found::Nothing => Ok(self.settle(None)),
            Found::InUse(vpc, why) => Ok(self.settle(Some(self.stays(&vpc, why)))),
            Found::Unused(vpc) => self.remove_unless_in_use(&vpc, changes).await,
        }
    }

    /// Somebody may have begun to use the VPC after the look.
    async fn remove_unless_in_use(&self, vpc: &Vpc, changes: &Changes) -> Result<Option<String>, StepError> {
        match self.remove(vpc, changes).await {
            Ok(()) => Ok(None),
            Err(error) if InUse::is_behind(&error) => Ok(self.settle(Some(self.stays(&vpc.id, &error.to_string())))),
            Err(error) => Err(error),
        }
    }

    async fn remove(&self, vpc: &Vpc, changes: &Changes) -> Result<(), StepError> {
        let name = format!("{}: took the default VPC off the internet", self.region);
        changes.make(name, self.delete_gateway(vpc)).await?;
        let removal = async {
            self.delete_subnets(vpc).await?;
            self.delete_vpc(&vpc.id).await?;
            self.known.get_or_init(|| if self.is_new() { Known::Removed } else { Known::Settled(None) });
            Ok(())
        };
        changes.make(self.removed(), removal).await
    }

    async fn read_back(&self, changes: &Changes) -> Result<Option<String>, StepError> {
        if let Some(vpc) = self.default_vpc().await? {
            changes.make(self.removed(), self.delete_vpc(&vpc)).await?;
        }
        Ok(None)
    }

    fn settle(&self, note: Option<String>) -> Option<String> {
        self.known.get_or_init(|| Known::Settled(note.clone()));
        note
    }

    fn removed(&self) -> String {
        format!("{}: removed the default VPC", self.region)
    }

    fn stays(&self, vpc: &str, why: &str) -> String {
        format!("{}: the default VPC {vpc} stays: {why}", self.region)
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        settling(from_sdk(doing, error), self.ready_by)
    }

    fn may_lag(&self) -> bool {
        OffsetDateTime::now_utc() < self.ready_by
    }

    fn is_new(&self) -> bool {
        OffsetDateTime::now_utc() < self.new_until
    }
}

#[cfg(test)]
pub(crate) mod tests;
