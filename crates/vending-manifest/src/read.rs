//! Reads the manifest from JSON, field by field. What is across fields is in `check`.

mod ground;
mod identity_center;
mod tree;
mod values;

pub(crate) use ground::ALL_UNITS;
pub(crate) use values::policy_name;

use serde_json::{Map, Value};
use vending_core::{Contacts, ObjectReader, Problem, region};
use vending_policies::PolicyType;

use crate::manifest::{ManagementAccount, Manifest, Policy, RootAccess};

/// Returns the manifest as far as it can be read, and all problems of single fields.
pub(crate) fn manifest(value: &Map<String, Value>) -> (Manifest, Vec<Problem>) {
    let mut fields = ObjectReader::new(value);
    version(&mut fields);
    let manifest = Manifest {
        version: Manifest::VERSION,
        home_region: fields.optional("homeRegion", region),
        governed_regions: fields.optional_list("governedRegions", 1..=MAXIMUM_REGIONS, region),
        trail: fields.object("trail", ground::trail),
        config: fields.object("config", ground::config).flatten(),
        control_tower: fields.object("controlTower", ground::control_tower),
        identity_center: fields.object("identityCenter", identity_center::read),
        management_account: fields.object("managementAccount", management_account),
        policies: fields.objects_by_name("policies", policy).into_iter().filter_map(present).collect(),
        root_access: fields.choice::<RootAccess>("rootAccess", &["central"]),
        root: root(&mut fields),
        log_archive: fields.object("logArchive", ground::log_archive).flatten(),
        security: fields.object("security", ground::security),
        costs: fields.object("costs", ground::costs),
    };
    (manifest, fields.finish())
}

const MAXIMUM_REGIONS: usize = 50;

/// Another version is reported before anything is read.
fn version(fields: &mut ObjectReader<'_>) {
    match fields.any("version").map(Value::as_u64) {
        Some(Some(_)) => {}
        Some(None) => fields.problem("version", format!("must be the number {}", Manifest::VERSION)),
        None => fields.problem("version", format!("is required; write `version: {}`", Manifest::VERSION)),
    }
}

fn root(fields: &mut ObjectReader<'_>) -> crate::manifest::Root {
    if !fields.is_given("root") {
        fields.problem("root", "is required: it has the organizational units");
    }
    fields.object("root", tree::root).unwrap_or_default()
}

fn management_account(fields: &mut ObjectReader<'_>) -> ManagementAccount {
    ManagementAccount {
        contacts: fields.object("contacts", Contacts::read).unwrap_or_default(),
        record_changes: fields.optional_boolean("recordChanges"),
    }
}

fn policy(name: &str, fields: &mut ObjectReader<'_>) -> Option<Policy> {
    values::name(fields, policy_name(name));
    let types = &["scp", "rcp", "ec2", "s3", "aiOptOut", "tag", "backup", "guardDuty"];
    let policy_type = fields.required_choice::<PolicyType>("type", types);
    let adopt = fields.optional("adopt", policy_id);
    Some(Policy { policy_type: policy_type?, adopt })
}

fn policy_id(text: &str) -> Result<String, String> {
    let is_id = text.strip_prefix("p-").is_some_and(|rest| {
        (8..=128).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    if is_id { Ok(text.to_owned()) } else { Err("must be the ID of a policy, like p-examplepolicyid".to_owned()) }
}

/// An entry that could be read.
fn present<T>((name, value): (String, Option<T>)) -> Option<(String, T)> {
    Some((name, value?))
}
