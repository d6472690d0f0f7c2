//! Which Regions an account has enabled, in Account Management.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::call::{Call, Outcome, Places, page};
use super::members::Organization;
use crate::faults::AwsError;

/// Account Management is the same in every region.
pub(super) struct Regions {
    organization: Organization,
    /// Of the Regions that an account opts in to.
    chosen: Places<BTreeMap<String, Choice>>,
}

struct Choice {
    is_enabled: bool,
    settles_at: Duration,
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

/// How many Regions of an account may be enabled or disabled at a time.
const IN_PROGRESS: usize = 6;

type Chosen = BTreeMap<String, Choice>;

impl Regions {
    pub(super) fn new(organization: Organization) -> Self {
        Self { organization, chosen: Places::default() }
    }

    pub(super) fn is_usable(&self, account: &str, region: &str, now: Duration) -> bool {
        !OPT_IN.contains(&region) || self.chosen.everywhere(account, |chosen| status(chosen, region, now) == "ENABLED")
    }

    pub(super) async fn answer(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation: fn(&mut Chosen, &Call<'_>) -> Outcome = match call.request.operation.as_str() {
            "ListRegions" => |chosen, call| Ok(list(chosen, call)),
            "GetRegionOptStatus" => get,
            "EnableRegion" => enable,
            "DisableRegion" => disable,
            _ => return None,
        };
        let account = match self.account(call).await {
            Ok(account) => account,
            Err(error) => return Some(Err(error)),
        };
        Some(self.chosen.everywhere(&account, |chosen| operation(chosen, call)))
    }

    /// The account that the call is about. Only the management account may name one, and not itself.
    async fn account(&self, call: &Call<'_>) -> Result<String, AwsError> {
        let Some(named) = call.request.text("AccountId") else {
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

fn list(chosen: &Chosen, call: &Call<'_>) -> Value {
    let wanted = call.texts("RegionOptStatusContains");
    let mut regions: Vec<&str> = BY_DEFAULT.into_iter().chain(OPT_IN).collect();
    regions.sort_unstable();
    regions
        .retain(|region| wanted.is_empty() || wanted.iter().any(|wanted| wanted == status(chosen, region, call.now)));
    let regions = regions.into_iter().map(|region| told(chosen, region, call.now)).collect();
    let (regions, next) = page(regions, call.request.text("NextToken"), call.value("MaxResults").as_u64(), 50);
    json!({"Regions": regions, "NextToken": next})
}

fn get(chosen: &mut Chosen, call: &Call<'_>) -> Outcome {
    Ok(told(chosen, known_region(call)?, call.now))
}

fn enable(chosen: &mut Chosen, call: &Call<'_>) -> Outcome {
    choose(chosen, call, true)
}

fn disable(chosen: &mut Chosen, call: &Call<'_>) -> Outcome {
    choose(chosen, call, false)
}

/// Of a Region that is already what it is to be, or becomes so, AWS says that it cannot be switched.
fn choose(chosen: &mut Chosen, call: &Call<'_>, is_enabled: bool) -> Outcome {
    let region = known_region(call)?;
    match (status(chosen, region, call.now), is_enabled) {
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
    if chosen.values().filter(|choice| call.now < choice.settles_at).count() >= IN_PROGRESS {
        let message = format!("You can have at most {IN_PROGRESS} Region opt requests in progress for an account.");
        return Err(AwsError::new(429, "TooManyRequestsException", &message));
    }
    let settles_at = call.now.saturating_add(Duration::from_millis(call.settling.region_millis));
    chosen.insert(region.to_owned(), Choice { is_enabled, settles_at });
    Ok(json!({}))
}

fn known_region<'a>(call: &'a Call<'_>) -> Result<&'a str, AwsError> {
    let region = call.text("RegionName");
    if BY_DEFAULT.contains(&region) || OPT_IN.contains(&region) {
        return Ok(region);
    }
    Err(invalid(&format!("The Region {region:?} does not exist.")))
}

fn told(chosen: &Chosen, region: &str, now: Duration) -> Value {
    json!({"RegionName": region, "RegionOptStatus": status(chosen, region, now)})
}

fn status(chosen: &Chosen, region: &str, now: Duration) -> &'static str {
    if BY_DEFAULT.contains(&region) {
        return "ENABLED_BY_DEFAULT";
    }
    match chosen.get(region) {
        None => "DISABLED",
        Some(choice) => match (choice.is_enabled, now < choice.settles_at) {
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
