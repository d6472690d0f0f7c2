//! The template of the Service Catalog product sets the properties of the resource and outputs its attributes.

use std::collections::BTreeSet;

use serde_norway::Value;
use vending_core::VendedAccount;

use crate::project::read;

fn template() -> Value {
    serde_norway::from_str(&read("service-catalog/account.yaml")).unwrap()
}

fn keys(mapping: &Value) -> BTreeSet<String> {
    mapping.as_mapping().unwrap().keys().map(|key| key.as_str().unwrap().to_owned()).collect()
}

#[test]
fn product_sets_exactly_the_known_properties() {
    let account = &template()["Resources"]["Account"];
    assert_eq!(account["Type"].as_str(), Some("Custom::Account"));
    let known: BTreeSet<String> = cfn_account_resource::property_names().map(str::to_owned).collect();
    assert_eq!(keys(&account["Properties"]), known);
}

#[test]
fn every_parameter_is_labeled_and_grouped() {
    let template = template();
    let parameters = keys(&template["Parameters"]);
    let interface = &template["Metadata"]["AWS::CloudFormation::Interface"];
    assert_eq!(keys(&interface["ParameterLabels"]), parameters);
    let groups = interface["ParameterGroups"].as_sequence().unwrap().iter();
    let grouped = groups.flat_map(|group| group["Parameters"].as_sequence().unwrap());
    assert_eq!(grouped.map(|name| name.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), parameters);
    for (name, parameter) in template["Parameters"].as_mapping().unwrap() {
        assert!(parameter["Description"].as_str().is_some_and(|text| text.ends_with('.')), "{name:?}");
    }
}

#[test]
fn outputs_are_attributes_of_the_account() {
    let id = "abcdefghijklmnopqrst-1".parse().unwrap();
    let attributes = vending_cfn::attributes(&id, &VendedAccount::default());
    let outputs = serde_norway::to_string(&template()["Outputs"]).unwrap();
    let named: Vec<&str> = outputs.split("Account.").skip(1).collect();
    assert!(named.len() >= 5, "{outputs}");
    for rest in named {
        let name: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(attributes.contains_key(name.as_str()), "{name}");
    }
}

#[test]
fn service_token_is_exported_by_the_stack() {
    let stack: Value = serde_norway::from_str(&read("template.yaml")).unwrap();
    let export = &stack["Outputs"]["AccountResourceServiceToken"]["Export"]["Name"];
    let imported = &template()["Resources"]["Account"]["Properties"]["ServiceToken"];
    let exported = serde_norway::to_string(export).unwrap();
    let imported = serde_norway::to_string(imported).unwrap();
    assert!(exported.contains("${AWS::StackName}-CfnAccountResource"), "{exported}");
    assert!(imported.contains("${VendingStackName}-CfnAccountResource"), "{imported}");
}
