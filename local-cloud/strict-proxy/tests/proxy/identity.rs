//! IAM evaluation by role, session, trust policy, and SCPs.

use serde_json::{Value, json};
use strict_proxy::Config;

use crate::cloud::{LocalCloud, ROOT_KEY, code};
use crate::emulator::{MANAGEMENT, Role};

const FUNCTION: &str = "arn:aws:iam::123456789012:role/account-vending/stack/Function";
const MEMBER: &str = "arn:aws:iam::111111111111:role/account-vending/Member";

async fn cloud() -> LocalCloud {
    let cloud = LocalCloud::start_with(|config| Config { evaluate_iam: true, ..config }).await;
    let root = |account: &str| json!({"AWS": format!("arn:aws:iam::{account}:root")});
    cloud.put_role(Role {
        arn: FUNCTION.to_owned(),
        trust: trust(&root(MANAGEMENT)),
        policy: allow(&json!(["sts:AssumeRole", "organizations:DescribeAccount", "organizations:MoveAccount"])),
    });
    cloud.put_role(Role { arn: MEMBER.to_owned(), trust: trust(&root(MANAGEMENT)), policy: allow(&json!("iam:*")) });
    cloud
}

fn allow(actions: &Value) -> Value {
    json!({"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

fn trust(principal: &Value) -> Value {
    json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})
}

#[tokio::test]
async fn role_is_limited_to_its_policies() {
    let cloud = cloud().await;
    let key = cloud.assume(ROOT_KEY, FUNCTION, "").await;
    let call = async |operation: &str| {
        cloud.json(&key, "organizations", operation, json!({"AccountId": "111111111111"})).await.unwrap()
    };
    assert_eq!(code(&call("DescribeAccount").await), "none");
    let denied = call("CloseAccount").await;
    assert_eq!(code(&denied), "AccessDeniedException");
    let message = "User: arn:aws:sts::123456789012:assumed-role/Function/vend is not authorized to perform: \
        organizations:CloseAccount on resource: arn:aws:organizations::123456789012:account/o-a/111111111111 \
        because no identity-based policy allows the organizations:CloseAccount action";
    assert_eq!(denied.1["Message"], message);
    assert_eq!(cloud.seen().len(), 2);

    let calls = cloud.strict.calls_since(0).await.unwrap();
    assert!(calls[1].decisions[0].allowed && !calls[2].decisions[0].allowed);
    let roles = cloud.strict.roles().await.unwrap();
    assert_eq!((roles[0].role_arn.as_str(), roles[0].used.len()), (FUNCTION, 1));
    let unused = ["organizations:MoveAccount", "sts:AssumeRole"].map(str::to_owned);
    assert_eq!(roles[0].unused, unused.into());
    cloud.strict.clear_roles().await.unwrap();
    assert_eq!(cloud.strict.roles().await.unwrap(), []);
}

#[tokio::test]
async fn session_is_limited_to_its_policy() {
    let cloud = cloud().await;
    let narrowed = allow(&json!(["iam:GetRole", "s3:GetObject"])).to_string();
    let key = cloud.assume(ROOT_KEY, MEMBER, &format!("&Policy={narrowed}")).await;
    let call =
        async |action: &str| cloud.query(&key, "iam", &format!("Action={action}&RoleName=Member")).await.unwrap();
    assert_eq!(call("GetRole").await.0, 200);
    let (status, denied) = call("DeleteRole").await;
    let message = "because no session policy allows the iam:DeleteRole action";
    assert!(status == 403 && denied.contains(message), "{denied}");
}

#[tokio::test]
async fn assumed_role_must_exist_and_trust_its_caller() {
    let cloud = cloud().await;
    let key = cloud.assume(ROOT_KEY, FUNCTION, "").await;
    assert_eq!(cloud.try_assume(&key, MEMBER, "").await.0, 200);
    cloud.put_role(Role {
        arn: "arn:aws:iam::111111111111:role/Other".to_owned(),
        trust: trust(&json!({"AWS": "arn:aws:iam::222222222222:root"})),
        policy: Value::Null,
    });
    for role in ["arn:aws:iam::111111111111:role/Other", "arn:aws:iam::111111111111:role/Missing"] {
        let (status, denied) = cloud.try_assume(&key, role, "").await;
        assert!(status == 403 && denied.contains("<Code>AccessDenied</Code>"), "{denied}");
    }
}

#[tokio::test]
async fn scps_apply_to_member_accounts_only() {
    let cloud = cloud().await;
    let deny = json!({"Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*"},
    ]});
    cloud.put_scp("r-root", deny);
    let key = cloud.assume(ROOT_KEY, MEMBER, "").await;
    assert_eq!(cloud.query(&key, "iam", "Action=GetRole&RoleName=Member").await.unwrap().0, 200);
    let (_, denied) = cloud.query(&key, "iam", "Action=DeleteRole&RoleName=Member").await.unwrap();
    assert!(denied.contains("with an explicit deny in a service control policy"), "{denied}");
    assert_eq!(cloud.query(ROOT_KEY, "iam", "Action=DeleteRole&RoleName=Member").await.unwrap().0, 200);
}

#[tokio::test]
async fn unknown_access_key_is_rejected() {
    let cloud = cloud().await;
    let (_, rejected) = cloud.query("AKIAUNKNOWN", "iam", "Action=ListRoles").await.unwrap();
    assert!(rejected.contains("<Code>InvalidClientTokenId</Code>"), "{rejected}");
    cloud.strict.set_evaluate_iam(false).await.unwrap();
    assert_eq!(cloud.query("AKIAUNKNOWN", "iam", "Action=ListRoles").await.unwrap().0, 200);
}
