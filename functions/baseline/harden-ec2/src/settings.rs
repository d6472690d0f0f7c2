//! Converges the EC2 defaults in one Region. Each setting has one call to read it and one to set it.

mod setting;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    HttpTokensState, ImageBlockPublicAccessEnabledState, MetadataDefaultHttpTokensState, SnapshotBlockPublicAccessState,
};
use time::OffsetDateTime;
use vending_core::StepError;
use vending_runtime::{Changes, Context, WhilePropagating};

use crate::report::RegionReport;
use crate::settings::setting::{Setting, State};

#[derive(Debug)]
pub(crate) struct Settings {
    region: String,
    client: Client,
    propagation_end: OffsetDateTime,
}

impl Settings {
    pub(crate) fn new(region: &str, client: Client, propagation_end: OffsetDateTime) -> Self {
        Self { region: region.to_owned(), client, propagation_end }
    }

    pub(crate) async fn converge(&self, changes: &Changes) -> Result<RegionReport, StepError> {
        let mut report = RegionReport::default();
        for setting in Setting::ALL {
            let part = format!("{}: {}", self.region, setting.noun());
            let state = changes.part(part, async |changes| self.converge_setting(setting, &changes).await);
            let state = state.await.retry_while_propagating(self.propagation_end)?;
            report = report.merge(self.report(setting, state));
        }
        Ok(report)
    }

    async fn converge_setting(&self, setting: Setting, changes: &Changes) -> Result<State, StepError> {
        let state = self.read(setting).await?;
        if state != State::Unset {
            return Ok(state);
        }
        let set = changes.make_confirmed(format!("{}: {setting}", self.region), self.set(setting)).await?;
        Ok(set.unwrap_or(state))
    }

    fn report(&self, setting: Setting, state: State) -> RegionReport {
        let note = match state {
            State::Set | State::Unset => None,
            State::Pending => Some(self.pending_note(setting)),
            State::ControlledByPolicy => Some(self.policy_note(setting)),
        };
        let notes = note.into_iter().collect();
        RegionReport { notes, pending: state == State::Pending, ..RegionReport::default() }
    }

    fn pending_note(&self, setting: Setting) -> String {
        format!("{}: set {}; AWS can take up to 10 minutes to show it", self.region, setting.noun())
    }

    /// An account cannot change a setting that a declarative policy controls.
    fn policy_note(&self, setting: Setting) -> String {
        format!(
            "{}: could not set {}: a declarative policy of the organization controls it",
            self.region,
            setting.noun()
        )
    }

    async fn read(&self, setting: Setting) -> Result<State, StepError> {
        match setting {
            Setting::VolumeEncryption => self.volume_encryption().await,
            Setting::PrivateSnapshots => self.private_snapshots().await,
            Setting::PrivateImages => self.private_images().await,
            Setting::MetadataTokens => self.metadata_tokens().await,
        }
    }

    /// No declarative policy can control this setting.
    async fn volume_encryption(&self) -> Result<State, StepError> {
        let read = self.client.get_ebs_encryption_by_default().send().await;
        let read = read.context("read the EBS encryption by default")?;
        Ok(State::new(read.ebs_encryption_by_default() == Some(true), None))
    }

    async fn private_snapshots(&self) -> Result<State, StepError> {
        let read = self.client.get_snapshot_block_public_access_state().send().await;
        let read = read.context("read whether public EBS snapshots are blocked")?;
        Ok(State::new(read.state() == Some(&SnapshotBlockPublicAccessState::BlockAllSharing), read.managed_by()))
    }

    async fn private_images(&self) -> Result<State, StepError> {
        let read = self.client.get_image_block_public_access_state().send().await;
        let read = read.context("read whether public AMIs are blocked")?;
        let blocks = ImageBlockPublicAccessEnabledState::BlockNewSharing;
        Ok(State::new(read.image_block_public_access_state() == Some(blocks.as_str()), read.managed_by()))
    }

    async fn metadata_tokens(&self) -> Result<State, StepError> {
        let read = self.client.get_instance_metadata_defaults().send().await;
        let read = read.context("read the defaults of the instance metadata service")?;
        let defaults = read.account_level();
        let tokens = defaults.and_then(|defaults| defaults.http_tokens());
        let managed_by = defaults.and_then(|defaults| defaults.managed_by());
        Ok(State::new(tokens == Some(&HttpTokensState::Required), managed_by))
    }

    /// Sets one setting, and returns its new state if the response of AWS shows it.
    async fn set(&self, setting: Setting) -> Result<Option<State>, StepError> {
        match setting {
            Setting::VolumeEncryption => self.encrypt_volumes().await,
            Setting::PrivateSnapshots => self.block_public_snapshots().await,
            Setting::PrivateImages => self.block_public_images().await,
            Setting::MetadataTokens => self.require_metadata_tokens().await,
        }
    }

    async fn encrypt_volumes(&self) -> Result<Option<State>, StepError> {
        let enabled = self.client.enable_ebs_encryption_by_default().send().await;
        let enabled = enabled.context("enable EBS encryption by default")?;
        Ok((enabled.ebs_encryption_by_default() == Some(true)).then_some(State::Set))
    }

    async fn block_public_snapshots(&self) -> Result<Option<State>, StepError> {
        let enable = self.client.enable_snapshot_block_public_access();
        let blocks = SnapshotBlockPublicAccessState::BlockAllSharing;
        let enabled = enable.state(blocks.clone()).send().await;
        let enabled = enabled.context("block public EBS snapshots")?;
        Ok((enabled.state() == Some(&blocks)).then_some(State::Set))
    }

    /// For up to 10 minutes, AWS still returns the old state (EC2 API Reference, EnableImageBlockPublicAccess).
    async fn block_public_images(&self) -> Result<Option<State>, StepError> {
        let enable = self.client.enable_image_block_public_access();
        let blocks = ImageBlockPublicAccessEnabledState::BlockNewSharing;
        let enabled = enable.image_block_public_access_state(blocks.clone()).send().await;
        let enabled = enabled.context("block public AMIs")?;
        Ok((enabled.image_block_public_access_state() == Some(&blocks)).then_some(State::Pending))
    }

    /// Requires IMDSv2 and keeps the other defaults. The hop limit is not set: AWS recommends 2 for instances with
    /// containers, and no preference for others, so that the AMI decides (EC2 User Guide, "Set IMDSv2 as the default
    /// for the account"). The response does not contain the defaults (EC2 API Reference,
    /// ModifyInstanceMetadataDefaults).
    async fn require_metadata_tokens(&self) -> Result<Option<State>, StepError> {
        let modify = self.client.modify_instance_metadata_defaults();
        let modified = modify.http_tokens(MetadataDefaultHttpTokensState::Required).send().await;
        modified.context("require IMDSv2 by default")?;
        Ok(None)
    }
}

#[cfg(test)]
pub(crate) mod tests;
