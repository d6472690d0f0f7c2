//! The strict proxy: stands between our functions and the emulators, and closes part of the distance to AWS.
//!
//! It passes every call on unchanged, except where an emulator is laxer than AWS (`organizations`, `throttling`,
//! `identity`, `identity_center`) or a test has set a fault (`faults`). What an emulator has not got, it answers itself
//! (`beyond_moto`). It tells of new accounts as AWS does (`events`), and it records every call (`recorder`) for the tests
//! to look at (`control`). Time passes as fast as `clock` says.

mod beyond_moto;
mod clock;
mod control;
mod emulators;
mod events;
mod faults;
mod identity;
mod identity_center;
mod organizations;
mod process;
mod proxy;
mod recorder;
mod throttling;
mod wire;

pub use beyond_moto::Settling;
pub use clock::Clock;
pub use control::client::{StrictClient, StrictError};
pub use events::{Delivered, Delivery};
pub use faults::{AwsError, Fault, Rule, RuleStatus};
pub use identity::{Decision, FunctionCredentials, RoleUsage};
pub use identity_center::Assignments;
pub use organizations::{CreationPlan, Limits, Outcome, Settings, Visibility};
pub use proxy::{Config, serve};
pub use recorder::Call;
pub use throttling::{Rate, Throttling};
