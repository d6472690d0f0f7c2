//! The settings and their states.

use std::fmt;

use aws_sdk_ec2::types::ManagedBy;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Setting {
    VolumeEncryption,
    /// Blocks new and existing public snapshots, the stricter of the two modes.
    PrivateSnapshots,
    PrivateImages,
    /// Requires IMDSv2 for every instance whose launch does not set another value.
    MetadataTokens,
}

impl Setting {
    pub(crate) const ALL: [Self; 4] =
        [Self::VolumeEncryption, Self::PrivateSnapshots, Self::PrivateImages, Self::MetadataTokens];

    /// The name of the setting in messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::VolumeEncryption => "the encryption of new EBS volumes",
            Self::PrivateSnapshots => "the public access block for EBS snapshots",
            Self::PrivateImages => "the public access block for AMIs",
            Self::MetadataTokens => "IMDSv2 as the default",
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "set {}", self.noun())
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    Set,
    Unset,
    /// Set in this run. AWS does not return the new state yet.
    Pending,
    /// Not set, and controlled by a declarative policy of the organization.
    ControlledByPolicy,
}

impl State {
    pub(crate) fn new(is_set: bool, managed_by: Option<&ManagedBy>) -> Self {
        match managed_by {
            _ if is_set => Self::Set,
            Some(ManagedBy::DeclarativePolicy) => Self::ControlledByPolicy,
            _ => Self::Unset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_weak_declarative_policy_matters() {
        for managed_by in [None, Some(ManagedBy::Account), Some(ManagedBy::DeclarativePolicy)] {
            assert_eq!(State::new(true, managed_by.as_ref()), State::Set, "{managed_by:?}");
        }
        for managed_by in [None, Some(ManagedBy::Account), Some(ManagedBy::from("something-new"))] {
            assert_eq!(State::new(false, managed_by.as_ref()), State::Unset, "{managed_by:?}");
        }
        assert_eq!(State::new(false, Some(&ManagedBy::DeclarativePolicy)), State::ControlledByPolicy);
    }
}
