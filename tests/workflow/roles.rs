//! The roles of the functions can be recreated, because accounts trust their path.
//!
//! Runs alone (see .config/nextest.toml): for a moment, the functions have no roles. moto checks no trust policy, so
//! `vend` asserts the text of the trust policy, and this test shows that nothing else depends on the roles' IDs.

use cloud::{Caller, Cloud, request};

#[tokio::test]
async fn recreated_function_roles_keep_their_access() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let vended = caller.vend(&request("recreated-roles")).await;
    let iam = aws_sdk_iam::Client::new(&cloud.platform);
    let roles = iam.list_roles().path_prefix("/account-vending/account-vending/").send().await.unwrap();
    assert!(roles.roles().len() >= 10, "{roles:?}");
    for role in roles.roles() {
        recreate(&iam, role.role_name()).await;
    }
    let accepted = caller.change(&request("recreated-roles")).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    assert_eq!(outcome["account"]["id"], vended["account"]["id"]);
}

async fn recreate(iam: &aws_sdk_iam::Client, name: &str) {
    let role = iam.get_role().role_name(name).send().await.unwrap().role.unwrap();
    let mut inline = Vec::new();
    for policy in iam.list_role_policies().role_name(name).send().await.unwrap().policy_names() {
        let policy = iam.get_role_policy().role_name(name).policy_name(policy).send().await.unwrap();
        iam.delete_role_policy().role_name(name).policy_name(policy.policy_name()).send().await.unwrap();
        inline.push(policy);
    }
    let attached = iam.list_attached_role_policies().role_name(name).send().await.unwrap().attached_policies;
    let attached: Vec<String> = attached.into_iter().flatten().filter_map(|policy| policy.policy_arn).collect();
    for arn in &attached {
        iam.detach_role_policy().role_name(name).policy_arn(arn).send().await.unwrap();
    }
    iam.delete_role().role_name(name).send().await.unwrap();

    let trust = crate::vend::document(role.assume_role_policy_document().unwrap()).to_string();
    let create = iam.create_role().role_name(name).path(role.path()).assume_role_policy_document(trust);
    let recreated = create.send().await.unwrap().role.unwrap();
    assert_ne!(recreated.role_id(), role.role_id());
    for policy in inline {
        let document = crate::vend::document(policy.policy_document()).to_string();
        let put = iam.put_role_policy().role_name(name).policy_name(policy.policy_name()).policy_document(document);
        put.send().await.unwrap();
    }
    for arn in attached {
        iam.attach_role_policy().role_name(name).policy_arn(arn).send().await.unwrap();
    }
}
