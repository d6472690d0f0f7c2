//! The vocabulary of account vending: requests, identities, reports, records and error codes.
//!
//! No I/O and no AWS SDK: everything here is a decision that a unit test can make.

mod account_record;
mod adoption;
mod error;
mod fields;
mod id;
mod per_unit;
mod record;
mod report;
mod request;
mod requester;
#[cfg(feature = "test-util")]
pub mod samples;
mod schema;
mod step;
mod tags;

pub use account_record::{AFTER_THE_BASELINE, AccountRecord, BASELINE_VERSION, Evidence, FromBirth};
pub use adoption::AdoptionRequest;
pub use error::{ErrorCode, Owner, StepError};
pub use id::{AccountId, AccountKey, EmailAddress, InvalidId, OrganizationalUnitPath, RequestId};
pub use per_unit::PerUnit;
pub use record::{Account, Failure, Outcome, RequestRecord, Status};
pub use report::{Standing, StepReport};
pub use request::{
    AccessGrant, AccessPrincipal, AccountRequest, Bounds, Contact, Contacts, GithubDeploy, GithubRepository, Problem,
};
pub use requester::{ASSUMED_ROLE, Requester, principal, stack_id};
pub use step::{Assignment, BaselineInput, Creation, CreationState, Invocation, PrincipalType, ready_by};
pub use tags::{KEY_TAG, RELEASED, STACK_TAG, STATE_TAG, birth_tags, requested_tags, tag_changes};
