//! The enabled Regions of an account, in AWS Account Management.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::call::{Call, Outcome, ScopedState};
use super::members::Organization;
use crate::wire::AwsError;

/// Account Management is a global service.
pub(super) struct Regions {
    organization: Organization,
    /// The opt-in Regions that an account has changed.
    opt_ins: ScopedState<BTreeMap<String, OptIn>>,
}

struct OptIn {
    is_enabled: bool,
    completes_at: Duration,
}

const BY_DEFAULT: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];
const OPT_IN: [&str; 17] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// How many Regions of an account can change at the same time.
const MAX_IN_PROGRESS: usize = 6;

type OptIns = BTreeMap<String, OptIn>;

impl Regions {
    pub(super) fn new(organization: Organization) -> Self {
        Self { organization, opt_ins: ScopedState::default() }
    }

    pub(super) fn is_usable(&self, account: &str, region: &str, now: Duration) -> bool {
        !OPT_IN.contains(&region) || self.opt_ins.global(account, |opt_ins| status(opt_ins, region, now) == "ENABLED")
    }

    pub(super) async fn handle(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation: fn(&mut OptIns, &Call<'_>) -> Outcome = match call.request.operation.as_str() {
            "ListRegions" => |opt_ins, call| Ok(list(opt_ins, call)),
            "GetRegionOptStatus" => get,
            "EnableRegion" => enable,
            "DisableRegion" => disable,
            _ => return None,
        };
        let account = match self.account(call).await {
            Ok(account) => account,
            Err(error) => return Some(Err(error)),
        };
        Some(self.opt_ins.global(&account, |opt_ins| operation(opt_ins, call)))
    }

    /// Returns the account that the call is about. Only the management account can name an account, and not itself.
    pub(super) async fn account(&self, call: &Call<'_>) -> Result<String, AwsError> {
        let Some(named) = call.request.string("AccountId") else {
            return Ok(call.account.to_owned());
        };
        let management_account = &self.organization.management_account;
        if call.account == management_account && named == management_account {
            let message = "The management account can't specify its own AccountId; it must call the operation in \
                standalone context by not including the AccountId parameter.";
            return Err(AwsError::new(400, "ValidationException", message));
        }
        if call.account != management_account || !self.organization.accounts().await.contains_key(named) {
            let message = format!("You are not authorized to perform this operation on account {named}.");
            return Err(AwsError::new(403, "AccessDeniedException", &message));
        }
        Ok(named.to_owned())
    }
}

fn list(opt_ins: &OptIns, call: &Call<'_>) -> Value {
    let wanted = call.strings("RegionOptStatusContains");
    let mut regions: Vec<&str> = BY_DEFAULT.into_iter().chain(OPT_IN).collect();
    regions.sort_unstable();
    regions
        .retain(|region| wanted.is_empty() || wanted.iter().any(|wanted| wanted == status(opt_ins, region, call.now)));
    let regions = regions.into_iter().map(|region| describe(opt_ins, region, call.now)).collect();
    let (regions, next) = call.page(regions, 50);
    json!({"Regions": regions, "NextToken": next})
}

fn get(opt_ins: &mut OptIns, call: &Call<'_>) -> Outcome {
    Ok(describe(opt_ins, known_region(call)?, call.now))
}

fn enable(opt_ins: &mut OptIns, call: &Call<'_>) -> Outcome {
    set_region(opt_ins, call, true)
}

fn disable(opt_ins: &mut OptIns, call: &Call<'_>) -> Outcome {
    set_region(opt_ins, call, false)
}

/// AWS rejects a change to the current or pending status.
fn set_region(opt_ins: &mut OptIns, call: &Call<'_>, is_enabled: bool) -> Outcome {
    let region = known_region(call)?;
    match (status(opt_ins, region, call.now), is_enabled) {
        ("DISABLING", true) | ("ENABLING", false) => {
            let message = format!("The opt status of Region {region} is being changed.");
            return Err(AwsError::new(409, "ConflictException", &message));
        }
        ("ENABLED_BY_DEFAULT", false) => {
            return Err(invalid(&format!("Region {region} is enabled by default and cannot be disabled.")));
        }
        ("ENABLED" | "ENABLED_BY_DEFAULT" | "ENABLING", true) | ("DISABLED" | "DISABLING", false) => {
            return Err(invalid("Unable to switch region status because of its current opt-in status."));
        }
        _ => {}
    }
    if opt_ins.values().filter(|opt_in| call.now < opt_in.completes_at).count() >= MAX_IN_PROGRESS {
        let message = format!("You can have at most {MAX_IN_PROGRESS} Region opt requests in progress for an account.");
        return Err(AwsError::new(429, "TooManyRequestsException", &message));
    }
    let completes_at = call.now.saturating_add(Duration::from_millis(call.delays.region_millis));
    opt_ins.insert(region.to_owned(), OptIn { is_enabled, completes_at });
    Ok(json!({}))
}

fn known_region<'a>(call: &'a Call<'_>) -> Result<&'a str, AwsError> {
    let region = call.string("RegionName");
    if BY_DEFAULT.contains(&region) || OPT_IN.contains(&region) {
        return Ok(region);
    }
    Err(invalid(&format!("The Region {region:?} does not exist.")))
}

fn describe(opt_ins: &OptIns, region: &str, now: Duration) -> Value {
    json!({"RegionName": region, "RegionOptStatus": status(opt_ins, region, now)})
}

fn status(opt_ins: &OptIns, region: &str, now: Duration) -> &'static str {
    if BY_DEFAULT.contains(&region) {
        return "ENABLED_BY_DEFAULT";
    }
    match opt_ins.get(region) {
        None => "DISABLED",
        Some(opt_in) => match (opt_in.is_enabled, now < opt_in.completes_at) {
            (true, true) => "ENABLING",
            (true, false) => "ENABLED",
            (false, true) => "DISABLING",
            (false, false) => "DISABLED",
        },
    }
}

fn invalid(message: &str) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}
