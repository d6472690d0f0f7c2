//! What the stack of the local cloud and its organization are called.

use local_cloud::REGION;

pub(crate) const STACK_NAME: &str = "account-vending";
pub(crate) const GOVERNED_REGIONS: [&str; 3] = [REGION, "eu-central-1", "eu-west-1"];
pub(crate) const TRAIL: &str = "organization-trail";
pub(crate) const BREAK_GLASS_ROLE: &str = "break-glass";
