//! Which of the settings have to be set; decided without a call.

use std::fmt;

use aws_sdk_ec2::types::ManagedBy;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Setting {
    VolumeEncryption,
    /// Also those that are public already: the stricter of the two ways.
    PrivateSnapshots,
    PrivateImages,
    /// IMDSv2, for every instance whose launch does not say otherwise.
    MetadataTokens,
}

impl Setting {
    pub(crate) const ALL: [Self; 4] =
        [Self::VolumeEncryption, Self::PrivateSnapshots, Self::PrivateImages, Self::MetadataTokens];

    /// As the subject of a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::VolumeEncryption => "the encryption of new EBS volumes",
            Self::PrivateSnapshots => "the block of public EBS snapshots",
            Self::PrivateImages => "the block of public AMIs",
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
    /// Set in this run; AWS took it and takes its time.
    Asked,
    /// Unset by a declarative policy of the organization.
    Dictated,
}

impl State {
    pub(crate) fn of(is_set: bool, managed_by: Option<&ManagedBy>) -> Self {
        match managed_by {
            _ if is_set => Self::Set,
            Some(ManagedBy::DeclarativePolicy) => Self::Dictated,
            _ => Self::Unset,
        }
    }
}

#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Plan {
    pub(crate) changes: Vec<Setting>,
    pub(crate) asked: Vec<Setting>,
    pub(crate) dictated: Vec<Setting>,
}

pub(crate) fn plan(current: &[(Setting, State)]) -> Plan {
    let those = |state: State| current.iter().filter(move |(_, is)| *is == state).map(|(setting, _)| *setting);
    Plan {
        changes: those(State::Unset).collect(),
        asked: those(State::Asked).collect(),
        dictated: those(State::Dictated).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declarative_policy_matters_only_where_it_is_not_strict_enough() {
        for managed_by in [None, Some(ManagedBy::Account), Some(ManagedBy::DeclarativePolicy)] {
            assert_eq!(State::of(true, managed_by.as_ref()), State::Set, "{managed_by:?}");
        }
        for managed_by in [None, Some(ManagedBy::Account), Some(ManagedBy::from("somebody-new"))] {
            assert_eq!(State::of(false, managed_by.as_ref()), State::Unset, "{managed_by:?}");
        }
        assert_eq!(State::of(false, Some(&ManagedBy::DeclarativePolicy)), State::Dictated);
    }

    #[test]
    fn only_what_is_unset_is_changed() {
        let current = [
            (Setting::VolumeEncryption, State::Unset),
            (Setting::PrivateSnapshots, State::Dictated),
            (Setting::PrivateImages, State::Asked),
            (Setting::MetadataTokens, State::Set),
        ];
        let plan = plan(&current);
        assert_eq!(plan.changes, [Setting::VolumeEncryption]);
        assert_eq!(plan.dictated, [Setting::PrivateSnapshots]);
        assert_eq!(plan.asked, [Setting::PrivateImages]);
    }
}
