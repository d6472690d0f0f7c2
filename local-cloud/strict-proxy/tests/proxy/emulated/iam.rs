//! IAM checks and operations that moto lacks.

use super::{Caller, ONE, TWO, cloud};

const BOUNDARY: &str = "PermissionsBoundary=arn:aws:iam::000000000001:policy/";
const PROVIDER: &str = "OpenIDConnectProviderArn=arn:aws:iam::000000000001:oidc-provider/token.example.com";

async fn call(caller: &Caller<'_>, form: &str) -> (u16, String) {
    caller.query("iam", &format!("Action={form}")).await
}

#[tokio::test]
async fn alias_is_unique_across_accounts() {
    let cloud = cloud().await;
    let (one, two) = (Caller::in_account(&cloud, ONE).await, Caller::in_account(&cloud, TWO).await);
    assert_eq!(call(&one, "CreateAccountAlias&AccountAlias=payments").await.0, 200);
    for caller in [&one, &two] {
        let (status, body) = call(caller, "CreateAccountAlias&AccountAlias=payments").await;
        assert!(status == 409 && body.contains("<Code>EntityAlreadyExists</Code>"), "{body}");
    }
    let (status, body) = call(&one, "CreateAccountAlias&AccountAlias=Payments").await;
    assert!(status == 400 && body.contains("<Code>ValidationError</Code>"), "{body}");
    assert_eq!(call(&one, "CreateAccountAlias&AccountAlias=billing").await.0, 200);
    assert_eq!(
        call(&two, "CreateAccountAlias&AccountAlias=payments").await.0,
        200,
        "account ONE has another alias now"
    );
    call(&two, "DeleteAccountAlias&AccountAlias=payments").await;
    assert_eq!(call(&one, "CreateAccountAlias&AccountAlias=payments").await.0, 200);
}

#[tokio::test]
async fn permissions_boundary_must_exist() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    for operation in ["CreateRole", "PutRolePermissionsBoundary"] {
        let with = async |name: &str| call(&one, &format!("{operation}&RoleName=new&{BOUNDARY}{name}")).await;
        assert_eq!(with("Boundary").await.0, 200);
        let (status, body) = with("Missing").await;
        assert!(status == 404 && body.contains("<Code>NoSuchEntity</Code>"), "{body}");
    }
    assert_eq!(call(&one, "CreateRole&RoleName=new").await.0, 200);
}

#[tokio::test]
async fn client_ids_are_added_to_a_provider() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    for audience in ["two", "two", "one"] {
        let add = format!("AddClientIDToOpenIDConnectProvider&{PROVIDER}&ClientID={audience}");
        assert_eq!(call(&one, &add).await.0, 200);
    }
    let (_, body) = call(&one, &format!("GetOpenIDConnectProvider&{PROVIDER}")).await;
    assert_eq!(body, "<ClientIDList><member>one</member><member>two</member></ClientIDList>");
    let missing = format!("AddClientIDToOpenIDConnectProvider&{PROVIDER}/missing&ClientID=two");
    let (status, body) = call(&one, &missing).await;
    assert!(status == 404 && body.contains("<Code>NoSuchEntity</Code>"), "{body}");
}
