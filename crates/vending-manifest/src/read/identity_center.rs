//! Reads what the manifest says of IAM Identity Center.

use vending_core::{ObjectReader, group_name, managed_policy_arn, permission_set_name, region};

use super::values::{json_file, line, name, session};
use crate::ground::{IdentityCenter, MAXIMUM_POLICIES, PermissionSet};

const MAXIMUM_GROUPS: usize = 10_000;

pub(super) fn read(fields: &mut ObjectReader<'_>) -> IdentityCenter {
    IdentityCenter {
        region: fields.optional("region", region),
        groups: fields.optional_list("groups", 0..=MAXIMUM_GROUPS, group_name),
        create_groups: fields.optional_boolean("createGroups"),
        permission_sets: fields
            .is_given("permissionSets")
            .then(|| fields.objects_by_name("permissionSets", permission_set).into_iter().collect()),
    }
}

fn permission_set(set: &str, fields: &mut ObjectReader<'_>) -> PermissionSet {
    name(fields, permission_set_name(set));
    let set = PermissionSet {
        description: fields.optional("description", line(700)),
        policy_arns: fields.list("policyArns", 0..=MAXIMUM_POLICIES, managed_policy_arn),
        inline_policy: fields.optional("inlinePolicy", json_file),
        session: fields.optional("session", session),
    };
    if !fields.has("policyArns") && !fields.has("inlinePolicy") {
        fields.problem_at(&[], "must have policyArns or an inlinePolicy: it would allow nothing");
    }
    set
}
