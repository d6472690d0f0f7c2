//! The defaults of EC2 in one region: each read by a call of its own, and set by another where it differs.

mod plan;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::types::{
    HttpTokensState, ImageBlockPublicAccessEnabledState, MetadataDefaultHttpTokensState, SnapshotBlockPublicAccessState,
};
use time::OffsetDateTime;
use vending_core::StepError;
use vending_runtime::{Changes, from_sdk, settling};

use crate::region::Remarks;
use crate::settings::plan::{Setting, State, plan};

pub(crate) const SESSION_ACTIONS: &[&str] = &[
    "ec2:EnableEbsEncryptionByDefault",
    "ec2:EnableImageBlockPublicAccess",
    "ec2:EnableSnapshotBlockPublicAccess",
    "ec2:GetEbsEncryptionByDefault",
    "ec2:GetImageBlockPublicAccessState",
    "ec2:GetInstanceMetadataDefaults",
    "ec2:GetSnapshotBlockPublicAccessState",
    "ec2:ModifyInstanceMetadataDefaults",
];

#[derive(Debug)]
pub(crate) struct Settings {
    region: String,
    client: Client,
    ready_by: OffsetDateTime,
    /// What this run has found to need no change, and what AWS stated when it changed it: asked for once.
    known: Mutex<BTreeMap<Setting, State>>,
}

impl Settings {
    pub(crate) fn new(region: &str, client: Client, ready_by: OffsetDateTime) -> Self {
        Self { region: region.to_owned(), client, ready_by, known: Mutex::default() }
    }

    pub(crate) async fn converge(&self, changes: &Changes) -> Result<Remarks, StepError> {
        let current = self.look().await?;
        let plan = plan(&current);
        for setting in plan.changes {
            changes.make(format!("{}: {setting}", self.region), self.set(setting)).await?;
        }
        let pending = plan.asked.iter().map(|setting| self.pending(*setting));
        let dictated = plan.dictated.iter().map(|setting| self.dictated(*setting));
        Ok(Remarks { notes: pending.chain(dictated).collect(), pending: !plan.asked.is_empty(), ..Remarks::default() })
    }

    fn pending(&self, setting: Setting) -> String {
        format!("{}: AWS takes up to 10 minutes until {} shows", self.region, setting.noun())
    }

    /// The account cannot change what a declarative policy sets, and whoever wrote the policy decided.
    fn dictated(&self, setting: Setting) -> String {
        format!("{}: a declarative policy of the organization keeps {} from being set", self.region, setting.noun())
    }

    async fn look(&self) -> Result<Vec<(Setting, State)>, StepError> {
        let mut current = Vec::new();
        for setting in Setting::ALL {
            current.push((setting, self.state(setting).await?));
        }
        Ok(current)
    }

    async fn state(&self, setting: Setting) -> Result<State, StepError> {
        let known = self.known().get(&setting).copied();
        if let Some(state) = known {
            return Ok(state);
        }
        let state = self.read(setting).await?;
        if state != State::Unset {
            self.known().insert(setting, state);
        }
        Ok(state)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Setting, State>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, setting: Setting) -> Result<State, StepError> {
        match setting {
            Setting::VolumeEncryption => self.volume_encryption().await,
            Setting::PrivateSnapshots => self.private_snapshots().await,
            Setting::PrivateImages => self.private_images().await,
            Setting::MetadataTokens => self.metadata_tokens().await,
        }
    }

    /// No declarative policy can set it.
    async fn volume_encryption(&self) -> Result<State, StepError> {
        let read = self.client.get_ebs_encryption_by_default().send().await;
        let read = read.map_err(|error| self.failed("read whether EBS encrypts by default", &error))?;
        Ok(State::of(read.ebs_encryption_by_default() == Some(true), None))
    }

    async fn private_snapshots(&self) -> Result<State, StepError> {
        let read = self.client.get_snapshot_block_public_access_state().send().await;
        let read = read.map_err(|error| self.failed("read whether public EBS snapshots are blocked", &error))?;
        Ok(State::of(read.state() == Some(&SnapshotBlockPublicAccessState::BlockAllSharing), read.managed_by()))
    }

    async fn private_images(&self) -> Result<State, StepError> {
        let read = self.client.get_image_block_public_access_state().send().await;
        let read = read.map_err(|error| self.failed("read whether public AMIs are blocked", &error))?;
        let blocks = ImageBlockPublicAccessEnabledState::BlockNewSharing;
        Ok(State::of(read.image_block_public_access_state() == Some(blocks.as_str()), read.managed_by()))
    }

    async fn metadata_tokens(&self) -> Result<State, StepError> {
        let read = self.client.get_instance_metadata_defaults().send().await;
        let read = read.map_err(|error| self.failed("read the defaults of the instance metadata service", &error))?;
        let defaults = read.account_level();
        let tokens = defaults.and_then(|defaults| defaults.http_tokens());
        let managed_by = defaults.and_then(|defaults| defaults.managed_by());
        Ok(State::of(tokens == Some(&HttpTokensState::Required), managed_by))
    }

    /// Where AWS does not state in its answer what was wanted, the read-back looks.
    async fn set(&self, setting: Setting) -> Result<(), StepError> {
        let stated = match setting {
            Setting::VolumeEncryption => self.encrypt_volumes().await,
            Setting::PrivateSnapshots => self.block_public_snapshots().await,
            Setting::PrivateImages => self.block_public_images().await,
            Setting::MetadataTokens => self.require_metadata_tokens().await,
        }?;
        self.known().extend(stated.map(|state| (setting, state)));
        Ok(())
    }

    async fn encrypt_volumes(&self) -> Result<Option<State>, StepError> {
        let enabled = self.client.enable_ebs_encryption_by_default().send().await;
        let enabled = enabled.map_err(|error| self.failed("make EBS encrypt by default", &error))?;
        Ok((enabled.ebs_encryption_by_default() == Some(true)).then_some(State::Set))
    }

    async fn block_public_snapshots(&self) -> Result<Option<State>, StepError> {
        let enable = self.client.enable_snapshot_block_public_access();
        let blocks = SnapshotBlockPublicAccessState::BlockAllSharing;
        let enabled = enable.state(blocks.clone()).send().await;
        let enabled = enabled.map_err(|error| self.failed("block public EBS snapshots", &error))?;
        Ok((enabled.state() == Some(&blocks)).then_some(State::Set))
    }

    /// It takes up to 10 minutes, in which AWS still shows the old state (EC2 API Reference,
    /// EnableImageBlockPublicAccess).
    async fn block_public_images(&self) -> Result<Option<State>, StepError> {
        let enable = self.client.enable_image_block_public_access();
        let blocks = ImageBlockPublicAccessEnabledState::BlockNewSharing;
        let enabled = enable.image_block_public_access_state(blocks.clone()).send().await;
        let enabled = enabled.map_err(|error| self.failed("block public AMIs", &error))?;
        Ok((enabled.image_block_public_access_state() == Some(&blocks)).then_some(State::Asked))
    }

    /// What is left out stays as somebody set it. The hop limit is left out, too: AWS advises 2 for instances with
    /// containers and no preference for others, whose AMI then decides (EC2 User Guide, "Set IMDSv2 as the default for
    /// the account"). The answer does not state the defaults (EC2 API Reference, ModifyInstanceMetadataDefaults).
    async fn require_metadata_tokens(&self) -> Result<Option<State>, StepError> {
        let modify = self.client.modify_instance_metadata_defaults();
        let modified = modify.http_tokens(MetadataDefaultHttpTokensState::Required).send().await;
        modified.map_err(|error| self.failed("ask for IMDSv2 by default", &error))?;
        Ok(None)
    }

    fn failed<E>(&self, doing: &str, error: &SdkError<E>) -> StepError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        settling(from_sdk(doing, error), self.ready_by)
    }
}

#[cfg(test)]
pub(crate) mod tests;
