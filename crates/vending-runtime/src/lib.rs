//! The only crate that starts the Lambda runtime, reads the environment, and turns what AWS
//! answers into error codes.

mod aws;
mod baseline;
mod changes;
mod classify;
mod env;
mod member;
mod regions;
mod serve;
mod step;

pub use aws::aws_config;
pub use baseline::{BaselineRunner, BaselineStep, Converged};
pub use changes::Changes;
pub use classify::{answer_was_lost, error_code, from_sdk, settling};
pub use env::Environment;
pub use member::{LONG_SETTLED, MemberSession, SessionPolicy};
pub use regions::in_each_region;
pub use serve::{Handler, StartError, handle, serve};
pub use step::{Done, Step, StepRunner};
