//! The types of account vending: requests, IDs, reports, records, and error codes.
//!
//! This crate does no I/O and does not use the AWS SDK, so unit tests cover all of it.

mod account_record;
mod account_settings;
mod adoption;
mod alias_pattern;
mod allowed;
mod arn;
mod error;
mod evidence;
#[cfg(feature = "test-util")]
pub mod fixtures;
mod hand_over;
mod id;
mod object_reader;
mod organization_plan;
mod policy;
mod problem;
mod record;
mod region;
mod report;
mod request;
mod requester;
mod schema;
mod settings;
mod step;
mod steps;
mod suggestion;
mod tag_rules;
mod tags;

pub use account_record::{AccountRecord, AccountState, BASELINE_VERSION, Baseline};
pub use account_settings::AccountSettings;
pub use adoption::AdoptionRequest;
pub use alias_pattern::AliasPattern;
pub use allowed::managed_policy_arn;
pub use arn::{Arn, StateMachineArn};
pub use error::{ErrorCode, Owner, StepError};
pub use evidence::{Evidence, TimeToGuardrails};
pub use hand_over::HandOverRequest;
pub use id::{
    AccountId, AccountKey, EmailAddress, InvalidId, MAXIMUM_OU_DEPTH, OrganizationalUnitPath, OuId, RequestId,
};
pub use object_reader::{DUPLICATE, INVALID_NAME, ObjectReader, UNKNOWN_FIELD, json_type};
pub use organization_plan::{
    ChangeClass, ManifestDigest, ManifestDocument, ORGANIZATION_FUNCTIONS, OrganizationChange, PlanBlocker, PlanId,
    PlanInput, PlanMode, PlanNote, PlanRecord, PlanReport, PlanStatus, Reach,
};
pub use policy::fill_policy;
pub use problem::{MISSPELLED, Problem, with_advice};
pub use record::{Failure, Outcome, ReportPart, RequestRecord, SCHEMA_VERSION, Status, VendedAccount};
pub use region::{DEFAULT_REGIONS, GLOBAL_REGION, is_opt_in_region, region};
pub use report::{StepOutput, StepReport, StepStatus};
pub use request::{
    AccessGrant, AccessPrincipal, AccountRequest, Contact, Contacts, GithubDeploy, GithubRepository, MAXIMUM_BUDGET,
    RequestPolicy, account_name, derive_email, email_pattern, group_name, permission_set_name,
};
pub use requester::{Requester, assumed_role, principal, stack_id};
pub use settings::{
    GroupAccess, QuotaIncrease, Requests, SecurityContactOverride, Settings, SettingsError, Trail, TrailMode,
    VendingBlock, VendingSettings,
};
pub use step::{
    Assignment, BaselineInput, Creation, CreationState, Invocation, PrincipalType, Validated, propagation_end,
};
pub use steps::{Stage, StepName};
pub use suggestion::nearest;
pub use tags::{
    DEPLOYMENT_TAG, GROUND_TAG, KEY_TAG, Provenance, RELEASED, STACK_TAG, STATE_TAG, creation_tags, ground_name,
    ground_tag, requested_tags, stack_tag, tag_changes,
};
