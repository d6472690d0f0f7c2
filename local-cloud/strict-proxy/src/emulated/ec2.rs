//! EC2 defaults of an account in a Region: public sharing of snapshots and images, and instance metadata options.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::call::{Call, ScopedState};
use crate::wire::AwsError;
use crate::wire::response::escaped;

/// The XML elements of the response, or an error.
type Outcome = Result<String, AwsError>;

#[derive(Default)]
pub(super) struct Ec2(ScopedState<Defaults>);

struct Defaults {
    snapshots: String,
    images: String,
    /// By element name. A missing element means no preference.
    metadata: BTreeMap<&'static str, String>,
}

impl Default for Defaults {
    /// New accounts block public sharing of images, but not of snapshots.
    fn default() -> Self {
        let (snapshots, images) = ("unblocked".to_owned(), "block-new-sharing".to_owned());
        Self { snapshots, images, metadata: BTreeMap::new() }
    }
}

impl Ec2 {
    pub(super) fn handle(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation: fn(&mut Defaults, &Call<'_>) -> Outcome = match call.request.operation.as_str() {
            "GetSnapshotBlockPublicAccessState" => |defaults, _| Ok(managed("state", &defaults.snapshots)),
            "EnableSnapshotBlockPublicAccess" => Defaults::block_snapshots,
            "DisableSnapshotBlockPublicAccess" => |defaults, _| Ok(state(&mut defaults.snapshots, "unblocked")),
            "GetImageBlockPublicAccessState" => |defaults, _| Ok(managed(IMAGES, &defaults.images)),
            "EnableImageBlockPublicAccess" => Defaults::block_images,
            "DisableImageBlockPublicAccess" => |defaults, _| Ok(images(&mut defaults.images, "unblocked")),
            "GetInstanceMetadataDefaults" => |defaults, _| Ok(defaults.metadata()),
            "ModifyInstanceMetadataDefaults" => Defaults::modify_metadata,
            _ => return None,
        };
        if call.string("DryRun") == "true" {
            let message = "Request would have succeeded, but DryRun flag is set.";
            return Some(Err(AwsError::new(412, "DryRunOperation", message)));
        }
        Some(self.0.regional(call, |defaults| operation(defaults, call)))
    }
}

const IMAGES: &str = "imageBlockPublicAccessState";

impl Defaults {
    fn block_snapshots(&mut self, call: &Call<'_>) -> Outcome {
        let wanted = one_of(call, "State", &["block-all-sharing", "block-new-sharing"])?;
        Ok(state(&mut self.snapshots, wanted))
    }

    fn block_images(&mut self, call: &Call<'_>) -> Outcome {
        let wanted = one_of(call, "ImageBlockPublicAccessState", &["block-new-sharing"])?;
        Ok(images(&mut self.images, wanted))
    }

    fn metadata(&self) -> String {
        let mut level = String::new();
        for (name, value) in &self.metadata {
            // Writing to a string cannot fail.
            let _ = write!(level, "<{name}>{}</{name}>", escaped(value));
        }
        format!("<accountLevel>{level}<managedBy>account</managedBy></accountLevel>")
    }

    /// Parameters that the call does not have keep their values.
    fn modify_metadata(&mut self, call: &Call<'_>) -> Outcome {
        const CHOICES: [(&str, &str, [&str; 3]); 4] = [
            ("HttpTokens", "httpTokens", ["optional", "required", NO_PREFERENCE]),
            ("HttpEndpoint", "httpEndpoint", ["disabled", "enabled", NO_PREFERENCE]),
            ("InstanceMetadataTags", "instanceMetadataTags", ["disabled", "enabled", NO_PREFERENCE]),
            ("HttpTokensEnforced", "httpTokensEnforced", ["disabled", "enabled", NO_PREFERENCE]),
        ];
        let mut changed = self.metadata.clone();
        for (parameter, element, known) in CHOICES {
            if call.request.string(parameter).is_some() {
                prefer(&mut changed, element, one_of(call, parameter, &known)?);
            }
        }
        if let Some(hops) = call.request.string("HttpPutResponseHopLimit") {
            prefer(&mut changed, "httpPutResponseHopLimit", hop_limit(hops)?);
        }
        self.metadata = changed;
        Ok("<return>true</return>".to_owned())
    }
}

const NO_PREFERENCE: &str = "no-preference";

fn prefer(metadata: &mut BTreeMap<&'static str, String>, element: &'static str, value: &str) {
    if value == NO_PREFERENCE {
        metadata.remove(element);
    } else {
        metadata.insert(element, value.to_owned());
    }
}

fn hop_limit(hops: &str) -> Result<&str, AwsError> {
    match hops.parse::<i32>() {
        Ok(-1) => Ok(NO_PREFERENCE),
        Ok(1..=64) => Ok(hops),
        _ => Err(invalid("HttpPutResponseHopLimit", hops)),
    }
}

fn one_of<'a>(call: &'a Call<'_>, parameter: &str, known: &[&str]) -> Result<&'a str, AwsError> {
    let Some(value) = call.request.string(parameter) else {
        let message = format!("The request must contain the parameter {parameter}");
        return Err(AwsError::new(400, "MissingParameter", &message));
    };
    if known.contains(&value) { Ok(value) } else { Err(invalid(parameter, value)) }
}

fn invalid(parameter: &str, value: &str) -> AwsError {
    let message = format!("Value ({value}) for parameter {parameter} is invalid.");
    AwsError::new(400, "InvalidParameterValue", &message)
}

fn state(current: &mut String, wanted: &str) -> String {
    wanted.clone_into(current);
    format!("<state>{wanted}</state>")
}

fn images(current: &mut String, wanted: &str) -> String {
    wanted.clone_into(current);
    format!("<{IMAGES}>{wanted}</{IMAGES}>")
}

fn managed(element: &str, value: &str) -> String {
    format!("<{element}>{value}</{element}><managedBy>account</managedBy>")
}
