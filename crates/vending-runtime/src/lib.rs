//! Runs Lambda functions, reads their environment variables, opens sessions in member accounts, caches what AWS returns,
//! and maps AWS errors to error codes.

mod aws;
mod baseline;
mod cache;
mod changes;
mod classify;
mod env;
mod member;
mod regions;
mod serve;
mod step;

pub use aws::{aws_config, http_client, identity_center_config};
pub use baseline::{BaselineRunner, BaselineStep, Converged, VerifiedInput};
pub use cache::Cache;
pub use changes::Changes;
pub use classify::{
    AwsError, Context, WhilePropagating, error_code, outcome_unknown, retry_while_propagating, sdk_error,
};
pub use env::Environment;
pub use member::{MemberSession, PROPAGATION_COMPLETE, SessionPolicy};
pub use regions::in_each_region;
pub use serve::{Handler, StartError, handle, serve};
pub use step::{Step, StepOutcome, StepRunner};
