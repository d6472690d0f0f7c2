//! OUs that a manifest cannot name, and OUs that were changed in AWS.

use super::*;

fn exported(existing: &ExistingOrganization) -> Export {
    let export = export(existing, &options(false));
    parsed(&export);
    export
}

fn paths(export: &Export) -> Vec<String> {
    parsed(export).units().iter().map(|unit| unit.path.to_string()).collect()
}

/// Settings in which these OUs have these paths.
fn with_paths(existing: &mut ExistingOrganization, paths: &[(&str, &str)]) {
    let paths: BTreeMap<&str, &str> = paths.iter().copied().collect();
    existing.settings = Some(settings(&json!({ "paths": paths })));
}

#[test]
fn without_settings_every_unit_is_exported() {
    let export = exported(&sample());
    assert_eq!(paths(&export), ["Sandbox", "Workloads", "Workloads/Production"]);
    assert_eq!(export.differences, ["it writes the first settings"]);
    assert_eq!(parsed(&export).governed_regions(), ["us-east-1"]);
    assert_eq!(comments(&export, "these are the defaults").len(), 1);
}

#[test]
fn units_outside_the_settings_are_comments() {
    let mut existing = sample();
    with_paths(&mut existing, &[("ou-w", "Workloads")]);
    let export = exported(&existing);
    assert_eq!(paths(&export), ["Workloads"]);
    assert_eq!(export.differences, [""; 0]);
    assert_eq!(
        comments(&export, "left alone:"),
        [
            "# Other OUs in the root, which are left alone: Sandbox.",
            "# Other OUs in Workloads, which are left alone: Production."
        ]
    );
    assert_eq!(settings_of(&existing, &export), existing.settings.unwrap());
}

#[test]
fn names_of_the_settings_keep_their_spelling() {
    let mut existing = sample();
    with_paths(&mut existing, &[("ou-w", "workloads"), ("ou-p", "workloads/PRODUCTION")]);
    let export = exported(&existing);
    assert_eq!(paths(&export), ["workloads", "workloads/PRODUCTION"]);
    assert_eq!(settings_of(&existing, &export), existing.settings.unwrap());
}

#[test]
fn unit_that_cannot_be_named_is_a_comment() {
    let deep = |name: &str| unit(&format!("ou-{name}"), name, vec![]);
    let levels = ["l5", "l4", "l3", "l2"];
    let mut existing = sample();
    existing.units = vec![
        unit("ou-a", "A/B", vec![deep("below")]),
        unit("ou-b", "<<", vec![]),
        unit("ou-c", " c", vec![]),
        unit("ou-d", "line\nbreak", vec![]),
        unit("ou-e", "Prod", vec![]),
        unit("ou-f", "PROD", vec![deep("prod-below")]),
        unit(
            "ou-l1",
            "l1",
            vec![
                levels.iter().fold(deep("l6"), |unit_below, name| unit(&format!("ou-{name}"), name, vec![unit_below])),
            ],
        ),
    ];
    let export = exported(&existing);
    assert_eq!(paths(&export), ["PROD", "PROD/prod-below", "l1", "l1/l2", "l1/l2/l3", "l1/l2/l3/l4", "l1/l2/l3/l4/l5"]);
    let lines: Vec<&str> = export.manifest.lines().map(|line| line.trim().trim_start_matches("# ")).collect();
    let text = lines.join(" ");
    for (name, why) in [
        ("A/B` (ou-a) in the root", "its name has a slash, which separates the names of a path."),
        ("<<` (ou-b) in the root", "its name has a meaning of its own in YAML."),
        (
            " c` (ou-c) in the root",
            "its name must have 1 to 128 characters, no space at either end, and not be . or ...",
        ),
        ("line\\u000Abreak` (ou-d) in the root", "its name must have 1 to 128 characters"),
        ("Prod` (ou-e) in the root", "its name differs from `PROD` next to it only in case."),
        ("l6` (ou-l6) in l1/l2/l3/l4/l5", "it is below 5 levels of OUs."),
    ] {
        let line = format!("The OU `{name}, and all below it, cannot be in this file: {why}");
        assert!(text.contains(&line), "{line} in {text}");
    }
}

#[test]
fn same_name_under_other_parents_is_exported() {
    let mut existing = sample();
    existing.units.push(unit("ou-t", "Test", vec![unit("ou-tp", "Production", vec![])]));
    assert!(paths(&exported(&existing)).contains(&"Test/Production".to_owned()));
}

#[test]
fn unit_renamed_in_aws_keeps_its_former_name() {
    let mut existing = sample();
    with_paths(&mut existing, &[("ou-w", "Projects"), ("ou-p", "Projects/Production")]);
    existing.settings.as_mut().unwrap().aliases =
        [(path("Work"), id("ou-w")), (path("Projects/Prod"), id("ou-p"))].into();
    let export = exported(&existing);
    let manifest = parsed(&export);
    let workloads = &manifest.root.organizational_units["Workloads"];
    assert_eq!(workloads.formerly, ["Projects", "Work"]);
    assert_eq!(
        export.differences,
        [
            "requests can no longer name the OU Workloads/Production as Projects/Prod",
            "requests can no longer name the OU Workloads/Production as Projects/Production",
            "the OU Projects/Production (ou-p) is Workloads/Production in AWS now",
            "the OU Projects (ou-w) is Workloads in AWS now",
        ]
    );
    assert!(export.manifest.contains("# - the OU Projects (ou-w) is Workloads in AWS now"), "{}", export.manifest);
}

#[test]
fn former_name_that_another_unit_has_is_lost() {
    let mut existing = sample();
    with_paths(&mut existing, &[("ou-w", "Old"), ("ou-s", "Sandbox")]);
    existing.units.push(unit("ou-o", "old", vec![]));
    existing.settings.as_mut().unwrap().paths.insert(id("ou-o"), path("old"));
    let export = exported(&existing);
    assert!(parsed(&export).root.organizational_units["Workloads"].formerly.is_empty());
    assert!(export.differences.contains(&"requests can no longer name the OU Workloads as Old".to_owned()));
}

#[test]
fn unit_that_is_gone_is_a_difference() {
    let mut existing = sample();
    with_paths(&mut existing, &[("ou-w", "Workloads"), ("ou-gone", "Gone"), ("ou-a", "A")]);
    existing.units.push(unit("ou-a", "A/B", vec![]));
    let value = existing.settings.as_mut().unwrap();
    value.control_tower_unit_ids = vec![id("ou-gone"), id("ou-w")];
    let export = exported(&existing);
    assert_eq!(
        export.differences,
        [
            "the settings lose the OU A (ou-a), which this file cannot name",
            "the settings lose the OU Gone (ou-gone), which is no longer in AWS",
            "the settings lose ou-gone as an OU that AWS Control Tower governs",
        ]
    );
    assert_eq!(parsed(&export).control_tower.unwrap().organizational_units, ["Workloads"]);
}
