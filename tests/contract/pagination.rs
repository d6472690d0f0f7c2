//! Every list of AWS is read by a paginator, because an empty page with a token is not the end of a list.

use std::fs;
use std::path::Path;

use crate::project::root;

/// Paginated operations whose names do not begin with `list_`.
const PAGINATED: [&str; 13] = [
    "describe_egress_only_internet_gateways",
    "describe_network_acls",
    "describe_network_interfaces",
    "describe_notifications_for_budget",
    "describe_route_tables",
    "describe_security_groups",
    "describe_subnets",
    "describe_subscribers_for_notification",
    "describe_vpc_endpoints",
    "describe_vpcs",
    "get_anomaly_monitors",
    "get_anomaly_subscriptions",
    "get_execution_history",
];
/// By the folder of the caller. A page of ListExecutions is returned with its token; the others have no pages.
const SINGLE_PAGE: [(&str, &str); 3] = [
    ("vending-executions", "list_executions"),
    ("centralize-root-access", "list_organizations_features"),
    ("detect-cost-anomalies", "list_tags_for_resource"),
];

#[test]
fn every_list_is_read_by_a_paginator() {
    let mut calls = 0;
    for folder in ["crates", "functions"] {
        for (path, code) in sources(&root().join(folder)) {
            let is_single = |called| SINGLE_PAGE.iter().any(|(folder, one)| called == *one && path.contains(folder));
            for (operation, function) in paginated_calls(&code).filter(|(operation, _)| !is_single(*operation)) {
                assert!(function.contains(".into_paginator()"), "{path}: {operation} has no paginator");
                calls += 1;
            }
        }
    }
    assert!(calls >= 25, "only {calls} lists were found");
}

/// Each call of a paginated operation, and the rest of the function that it is in.
fn paginated_calls(code: &str) -> impl Iterator<Item = (&str, &str)> {
    code.match_indices("()").filter_map(|(end, _)| {
        let operation = code[..end].rsplit('.').next()?;
        let is_paginated = PAGINATED.contains(&operation)
            || operation.starts_with("list_")
                && operation.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let rest = &code[end..];
        let function = rest.find("\n    }\n").or_else(|| rest.find("\n}\n")).map_or(rest, |length| &rest[..length]);
        is_paginated.then_some((operation, function))
    })
}

/// The sources below a folder, without tests.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") && !entry.ends_with("tests.rs") {
            let code = fs::read_to_string(&entry).unwrap();
            let code = code.split("#[cfg(test)]").next().unwrap().to_owned();
            found.push((entry.display().to_string(), code));
        }
    }
    found.retain(|(path, _)| !path.contains("/tests/"));
    found
}
