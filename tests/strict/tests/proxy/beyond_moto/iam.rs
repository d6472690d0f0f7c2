//! IAM where moto is laxer than AWS, or lacks an operation.

use super::{Caller, ONE, TWO, cloud};

const BOUNDARY: &str = "PermissionsBoundary=arn:aws:iam::000000000001:policy/";
const PROVIDER: &str = "OpenIDConnectProviderArn=arn:aws:iam::000000000001:oidc-provider/token.example.com";

async fn ask(caller: &Caller<'_>, form: &str) -> (u16, String) {
    caller.query("iam", &format!("Action={form}")).await
}

#[tokio::test]
async fn an_alias_belongs_to_one_account_in_the_world() {
    let cloud = cloud().await;
    let (one, two) = (Caller::of(&cloud, ONE).await, Caller::of(&cloud, TWO).await);
    assert_eq!(ask(&one, "CreateAccountAlias&AccountAlias=payments").await.0, 200);
    for caller in [&one, &two] {
        let (status, body) = ask(caller, "CreateAccountAlias&AccountAlias=payments").await;
        assert!(status == 409 && body.contains("<Code>EntityAlreadyExists</Code>"), "{body}");
    }
    let (status, body) = ask(&one, "CreateAccountAlias&AccountAlias=Payments").await;
    assert!(status == 400 && body.contains("<Code>ValidationError</Code>"), "{body}");
    assert_eq!(ask(&one, "CreateAccountAlias&AccountAlias=billing").await.0, 200);
    assert_eq!(ask(&two, "CreateAccountAlias&AccountAlias=payments").await.0, 200, "one has another by now");
    ask(&two, "DeleteAccountAlias&AccountAlias=payments").await;
    assert_eq!(ask(&one, "CreateAccountAlias&AccountAlias=payments").await.0, 200);
}

#[tokio::test]
async fn a_permissions_boundary_must_be_there() {
    let cloud = cloud().await;
    let one = Caller::of(&cloud, ONE).await;
    for operation in ["CreateRole", "PutRolePermissionsBoundary"] {
        let with = async |name: &str| ask(&one, &format!("{operation}&RoleName=new&{BOUNDARY}{name}")).await;
        assert_eq!(with("Boundary").await.0, 200);
        let (status, body) = with("Missing").await;
        assert!(status == 404 && body.contains("<Code>NoSuchEntity</Code>"), "{body}");
    }
    assert_eq!(ask(&one, "CreateRole&RoleName=new").await.0, 200);
}

#[tokio::test]
async fn audiences_are_added_to_a_provider() {
    let cloud = cloud().await;
    let one = Caller::of(&cloud, ONE).await;
    for audience in ["two", "two", "one"] {
        let add = format!("AddClientIDToOpenIDConnectProvider&{PROVIDER}&ClientID={audience}");
        assert_eq!(ask(&one, &add).await.0, 200);
    }
    let (_, body) = ask(&one, &format!("GetOpenIDConnectProvider&{PROVIDER}")).await;
    assert_eq!(body, "<ClientIDList><member>one</member><member>two</member></ClientIDList>");
    let missing = format!("AddClientIDToOpenIDConnectProvider&{PROVIDER}/missing&ClientID=two");
    let (status, body) = ask(&one, &missing).await;
    assert!(status == 404 && body.contains("<Code>NoSuchEntity</Code>"), "{body}");
}
