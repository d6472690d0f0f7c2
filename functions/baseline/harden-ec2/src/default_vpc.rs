//! Deletes the default VPC of one Region. AWS creates one in each Region, with a route to the internet.
//!
//! It is deleted only if it is as AWS created it and nothing is in it. AWS deletes its default route table, network
//! ACL, and security group with it (EC2 API Reference, DeleteVpc).

mod additions;
mod delete;
mod plan;
mod read;

use aws_sdk_ec2::Client;
use time::OffsetDateTime;
use vending_core::{BaselineInput, ErrorCode, StepError, propagation_end};
use vending_runtime::{Changes, WhilePropagating};

use crate::default_vpc::plan::{Found, InUse, Vpc};
use crate::report::RegionReport;

#[derive(Debug)]
pub(crate) struct DefaultVpc {
    region: String,
    is_governed: bool,
    client: Client,
    propagation_end: OffsetDateTime,
    /// Until this time, only AWS and account-vending create resources in the account: access is granted last.
    new_until: OffsetDateTime,
}

impl DefaultVpc {
    pub(crate) fn new(region: &str, client: Client, input: &BaselineInput) -> Self {
        Self {
            region: region.to_owned(),
            is_governed: input.settings.governed_regions.iter().any(|governed| governed == region),
            client,
            propagation_end: input.propagation_end(),
            new_until: propagation_end(input.account_created_at),
        }
    }

    pub(crate) async fn converge(&self, changes: &Changes) -> Result<RegionReport, StepError> {
        let part = format!("{}: default VPC", self.region);
        changes.part(part, async |changes| self.report(self.delete_if_unused(&changes).await)).await
    }

    /// The result is a note if the VPC is kept.
    fn report(&self, deleted: Result<Option<String>, StepError>) -> Result<RegionReport, StepError> {
        match deleted.retry_while_propagating(self.propagation_end) {
            Ok(note) => Ok(RegionReport { notes: note.into_iter().collect(), ..RegionReport::default() }),
            // An SCP denies a Region that is not governed. Then no one can use the default VPC there either.
            Err(error) if error.code() == ErrorCode::AccessDenied && !self.is_governed => {
                Ok(RegionReport { denied_regions: vec![self.region.clone()], ..RegionReport::default() })
            }
            Err(error) => Err(error),
        }
    }

    async fn delete_if_unused(&self, changes: &Changes) -> Result<Option<String>, StepError> {
        if changes.reads_back() {
            return self.read_back(changes).await;
        }
        match self.read().await? {
            Found::Nothing => Ok(None),
            Found::InUse(vpc, reason) => Ok(Some(self.kept(&vpc, reason))),
            Found::Unused(vpc) => self.delete_unless_in_use(&vpc, changes).await,
        }
    }

    /// Keeps the VPC if another caller has started to use it after the read.
    async fn delete_unless_in_use(&self, vpc: &Vpc, changes: &Changes) -> Result<Option<String>, StepError> {
        match self.delete(vpc, changes).await {
            Ok(()) => Ok(None),
            Err(error) if InUse::is_source_of(&error) => Ok(Some(self.kept(&vpc.id, &error.to_string()))),
            Err(error) => Err(error),
        }
    }

    /// AWS confirms each deletion with its response. In a new account, whose additions are not read, the VPC is read
    /// back in addition.
    async fn delete(&self, vpc: &Vpc, changes: &Changes) -> Result<(), StepError> {
        let name = format!("{}: detached the default VPC from the internet", self.region);
        let detachment = async { self.delete_gateway(vpc).await.map(Some) };
        changes.make_confirmed(name, detachment).await?;
        let deletion = async {
            self.delete_subnets(vpc).await?;
            self.delete_vpc(&vpc.id).await?;
            Ok((!self.is_new()).then_some(()))
        };
        changes.make_confirmed(self.deleted(), deletion).await?;
        Ok(())
    }

    /// Reads only whether the VPC still exists. Nothing else is read back.
    async fn read_back(&self, changes: &Changes) -> Result<Option<String>, StepError> {
        if let Some(vpc) = self.default_vpc().await? {
            changes.make(self.deleted(), self.delete_vpc(&vpc)).await?;
        }
        Ok(None)
    }

    fn deleted(&self) -> String {
        format!("{}: deleted the default VPC", self.region)
    }

    fn kept(&self, vpc: &str, reason: &str) -> String {
        format!("{}: kept the default VPC {vpc}: {reason}", self.region)
    }

    fn is_propagating(&self) -> bool {
        OffsetDateTime::now_utc() < self.propagation_end
    }

    fn is_new(&self) -> bool {
        OffsetDateTime::now_utc() < self.new_until
    }
}

#[cfg(test)]
pub(crate) mod tests;
