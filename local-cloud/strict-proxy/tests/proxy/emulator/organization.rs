//! The organization, its OUs, SCPs, RCPs, and trusted services, with as few checks as in moto.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::state::EmulatorState;

pub(crate) struct Organization {
    feature_set: String,
    /// With their parents.
    pub(super) units: Vec<Value>,
    /// The responses of DescribePolicy.
    policies: Vec<Value>,
    /// Policies and their targets.
    attachments: Vec<(String, String)>,
    /// AWS managed policies are attached to every target from which they were not detached.
    detached: BTreeSet<(String, String)>,
    services: BTreeSet<String>,
    created: usize,
}

impl Organization {
    pub(super) fn new(feature_set: &str) -> Self {
        let policies = [
            ("p-FullAWSAccess", "FullAWSAccess", "SERVICE_CONTROL_POLICY"),
            ("p-RCPFullAWSAccess", "RCPFullAWSAccess", "RESOURCE_CONTROL_POLICY"),
        ];
        let content = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}).to_string();
        let policies = policies.map(|(id, name, kind)| {
            let summary = json!({"Id": id, "Name": name, "Type": kind, "AwsManaged": true});
            json!({"Policy": {"PolicySummary": summary, "Content": content}})
        });
        Self {
            feature_set: feature_set.to_owned(),
            units: Vec::new(),
            policies: policies.into(),
            attachments: Vec::new(),
            detached: BTreeSet::new(),
            services: BTreeSet::new(),
            created: 0,
        }
    }

    fn described(&self) -> Value {
        json!({"Organization": {"Id": "o-a", "FeatureSet": self.feature_set}})
    }

    fn policy(&mut self, id: &str) -> Option<&mut Value> {
        self.policies.iter_mut().find(|policy| summary(policy)["Id"] == id)
    }

    fn is_attached(&self, policy: &Value, target: &str) -> bool {
        let pair = (text(&summary(policy)["Id"]), target.to_owned());
        let is_default = summary(policy)["AwsManaged"] == true && !self.detached.contains(&pair);
        is_default || self.attachments.contains(&pair)
    }

    fn is_name_taken(&self, name: &Value) -> bool {
        self.policies.iter().any(|policy| summary(policy)["Name"] == *name)
    }
}

/// Returns `None` for other operations.
pub(super) fn call(state: &mut EmulatorState, operation: &str, parameters: &Value) -> Option<(u16, Value)> {
    if operation == "CreateOrganization" {
        return Some(create(state, parameters));
    }
    let Some(organization) = &mut state.organization else {
        let is_of_organization = operation.ends_with("Organization") || operation == "ListRoots";
        return is_of_organization.then(|| error("AWSOrganizationsNotInUseException"));
    };
    match operation {
        "DescribeOrganization" => Some((200, organization.described())),
        "DeleteOrganization" if state.accounts.len() > 1 => Some(error("OrganizationNotEmptyException")),
        "DeleteOrganization" => {
            state.organization = None;
            Some((200, json!({})))
        }
        "ListRoots" => Some((200, json!({"Roots": [{"Id": "r-root", "Name": "Root", "Arn": "arn:root"}]}))),
        _ => unit_call(state, operation, parameters)
            .or_else(|| policy_call(state, operation, parameters))
            .or_else(|| service_call(state.organization.as_mut()?, operation, parameters)),
    }
}

fn create(state: &mut EmulatorState, parameters: &Value) -> (u16, Value) {
    if state.organization.is_some() {
        return error("AlreadyInOrganizationException");
    }
    let feature_set = parameters["FeatureSet"].as_str().unwrap_or("ALL");
    (200, state.organization.insert(Organization::new(feature_set)).described())
}

fn unit_call(state: &mut EmulatorState, operation: &str, parameters: &Value) -> Option<(u16, Value)> {
    let organization = state.organization.as_mut()?;
    let id = &parameters["OrganizationalUnitId"];
    let position = organization.units.iter().position(|unit| unit["Id"] == *id);
    Some(match (operation, position) {
        ("CreateOrganizationalUnit", _) => {
            organization.created += 1;
            let id = format!("ou-root-{:08}", organization.created);
            let name = &parameters["Name"];
            let unit = json!({"Id": id, "Name": name, "Arn": format!("arn:{id}"), "Parent": parameters["ParentId"]});
            organization.units.push(unit.clone());
            tag(state, &id, &parameters["Tags"]);
            (200, json!({"OrganizationalUnit": unit}))
        }
        ("ListOrganizationalUnitsForParent", _) => {
            let is_below = |unit: &&Value| unit["Parent"] == parameters["ParentId"];
            let below: Vec<&Value> = organization.units.iter().filter(is_below).collect();
            (200, json!({"OrganizationalUnits": below}))
        }
        ("ListChildren", _) if parameters["ChildType"] == "ORGANIZATIONAL_UNIT" => {
            let below = organization.units.iter().filter(|unit| unit["Parent"] == parameters["ParentId"]);
            (200, json!({"Children": below.collect::<Vec<_>>()}))
        }
        (operation, None) if operation.ends_with("OrganizationalUnit") => error("OrganizationalUnitNotFoundException"),
        ("DescribeOrganizationalUnit", Some(position)) => {
            (200, json!({"OrganizationalUnit": organization.units[position]}))
        }
        ("UpdateOrganizationalUnit", Some(position)) => {
            if organization.units.iter().any(|unit| unit["Name"] == parameters["Name"]) {
                return Some(error("DuplicateOrganizationalUnitException"));
            }
            organization.units[position]["Name"] = parameters["Name"].clone();
            (200, json!({"OrganizationalUnit": organization.units[position]}))
        }
        ("DeleteOrganizationalUnit", Some(position)) => {
            organization.units.remove(position);
            (200, json!({}))
        }
        _ => return None,
    })
}

fn policy_call(state: &mut EmulatorState, operation: &str, parameters: &Value) -> Option<(u16, Value)> {
    let (id, target) = (text(&parameters["PolicyId"]), text(&parameters["TargetId"]));
    if operation == "ListPoliciesForTarget" {
        return Some((200, json!({"Policies": attached(state, &target, &parameters["Filter"])})));
    }
    if operation == "DescribePolicy"
        && let Some(document) = state.scps.get(&id)
    {
        return Some((200, json!({"Policy": {"Content": document.to_string()}})));
    }
    let organization = state.organization.as_mut()?;
    Some(match operation {
        "CreatePolicy" if organization.is_name_taken(&parameters["Name"]) => error("DuplicatePolicyException"),
        "CreatePolicy" => {
            organization.created += 1;
            let id = format!("p-emulator{:02}", organization.created);
            let mut policy = json!({"Policy": {"PolicySummary": {"Id": id, "AwsManaged": false}}});
            change(&mut policy, parameters);
            policy["Policy"]["PolicySummary"]["Type"] = parameters["Type"].clone();
            organization.policies.push(policy.clone());
            tag(state, &id, &parameters["Tags"]);
            (200, policy)
        }
        "ListPolicies" => {
            let of_type =
                organization.policies.iter().map(summary).filter(|known| known["Type"] == parameters["Filter"]);
            (200, json!({"Policies": of_type.collect::<Vec<_>>()}))
        }
        "DescribePolicy" | "UpdatePolicy" => match organization.policy(&id) {
            Some(policy) => {
                change(policy, parameters);
                (200, policy.clone())
            }
            None => error("PolicyNotFoundException"),
        },
        "DeletePolicy" => {
            organization.policies.retain(|policy| summary(policy)["Id"] != id);
            (200, json!({}))
        }
        "AttachPolicy" => {
            organization.detached.remove(&(id.clone(), target.clone()));
            organization.attachments.push((id, target));
            (200, json!({}))
        }
        "DetachPolicy" => {
            organization.attachments.retain(|pair| *pair != (id.clone(), target.clone()));
            organization.detached.insert((id, target));
            (200, json!({}))
        }
        "ListTargetsForPolicy" => {
            let targets = organization.attachments.iter().filter(|(policy, _)| *policy == id);
            let targets: Vec<Value> =
                targets.map(|(_, target)| json!({"TargetId": target, "Name": "as created"})).collect();
            (200, json!({"Targets": targets}))
        }
        _ => return None,
    })
}

/// Includes the SCP that a test has put there.
fn attached(state: &EmulatorState, target: &str, kind: &Value) -> Vec<Value> {
    let put = state.scps.get(target).map(|_| json!({"Id": target}));
    let organization = state.organization.as_ref().unwrap();
    let of_type = organization.policies.iter().filter(|policy| summary(policy)["Type"] == *kind);
    let attached = of_type.filter(|policy| organization.is_attached(policy, target)).map(summary).cloned();
    put.into_iter().chain(attached).collect()
}

fn service_call(organization: &mut Organization, operation: &str, parameters: &Value) -> Option<(u16, Value)> {
    let service = text(&parameters["ServicePrincipal"]);
    Some(match operation {
        "EnableAWSServiceAccess" | "DisableAWSServiceAccess" if !service.ends_with(".amazonaws.com") => {
            error("InvalidInputException")
        }
        "EnableAWSServiceAccess" => {
            organization.services.insert(service);
            (200, json!({}))
        }
        "DisableAWSServiceAccess" => {
            organization.services.remove(&service);
            (200, json!({}))
        }
        "ListAWSServiceAccessForOrganization" => {
            let services = organization.services.iter().map(|service| json!({"ServicePrincipal": service}));
            (200, json!({"EnabledServicePrincipals": services.collect::<Vec<_>>()}))
        }
        _ => return None,
    })
}

/// Changes the given fields of a policy.
fn change(policy: &mut Value, parameters: &Value) {
    for field in ["Name", "Description"] {
        if parameters[field].is_string() {
            policy["Policy"]["PolicySummary"][field] = parameters[field].clone();
        }
    }
    if parameters["Content"].is_string() {
        policy["Policy"]["Content"] = parameters["Content"].clone();
    }
}

fn tag(state: &mut EmulatorState, id: &str, tags: &Value) {
    let tags = tags.as_array().into_iter().flatten();
    let tags = tags.map(|tag| (text(&tag["Key"]), text(&tag["Value"])));
    state.tags.entry(id.to_owned()).or_default().extend(tags);
}

fn summary(policy: &Value) -> &Value {
    &policy["Policy"]["PolicySummary"]
}

fn error(code: &str) -> (u16, Value) {
    (400, json!({"__type": code}))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
