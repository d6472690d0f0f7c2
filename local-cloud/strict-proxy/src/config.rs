//! The configuration of a proxy.

use std::path::PathBuf;

use hyper::Uri;

use crate::clock::Clock;

/// The emulators behind the proxy, and its initial strictness.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the flags are independent")]
pub struct Config {
    /// The emulator of AWS's control plane.
    pub aws: Uri,
    /// The emulator of the serverless platform.
    pub platform: Uri,
    /// The account of every caller that has not assumed a role.
    pub management_account: String,
    pub clock: Clock,
    /// Rules without a seed derive theirs from this one.
    pub seed: u64,
    /// Starts with the throttling, delays, and events of AWS; otherwise only creations take time, one second.
    pub realistic: bool,
    pub throttle: bool,
    pub evaluate_iam: bool,
    /// Only responds to operations that the emulators lack, and enforces nothing.
    pub emulate_only: bool,
    /// Where to write each distinct call of a function, as JSON lines.
    pub calls_file: Option<PathBuf>,
    /// How many calls the emulator of AWS handles at the same time.
    pub max_concurrent_calls: usize,
}

/// moto handles one call at a time.
const MAX_CONCURRENT_CALLS: usize = 32;

impl Config {
    /// A proxy in real time that is not realistic, does not throttle, and does not evaluate IAM.
    pub fn new(aws: Uri, platform: Uri, management_account: &str) -> Self {
        Self {
            aws,
            platform,
            management_account: management_account.to_owned(),
            clock: Clock::running(1),
            seed: 0,
            realistic: false,
            throttle: false,
            evaluate_iam: false,
            emulate_only: false,
            calls_file: None,
            max_concurrent_calls: MAX_CONCURRENT_CALLS,
        }
    }
}
