//! EC2 defaults and default VPCs.

use super::{Caller, ONE, TWO, cloud};

async fn call(caller: &Caller<'_>, form: &str) -> String {
    let (status, body) = caller.query("ec2", &format!("Action={form}&Version=2016-11-15")).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn sharing_is_blocked_per_account_and_region() {
    let cloud = cloud().await;
    let (one, two) = (Caller::in_account(&cloud, ONE).await, Caller::in_account(&cloud, TWO).await);
    let frankfurt = one.in_region("eu-central-1");
    let snapshots = async |caller: &Caller<'_>| call(caller, "GetSnapshotBlockPublicAccessState").await;
    let fresh = "<state>unblocked</state><managedBy>account</managedBy>";
    assert!(snapshots(&one).await.contains(fresh));
    let blocked = call(&one, "EnableSnapshotBlockPublicAccess&State=block-all-sharing").await;
    assert!(blocked.contains("<state>block-all-sharing</state>"), "{blocked}");
    assert!(snapshots(&one).await.contains("<state>block-all-sharing</state>"));
    assert!(snapshots(&frankfurt).await.contains(fresh) && snapshots(&two).await.contains(fresh));
    call(&one, "DisableSnapshotBlockPublicAccess").await;
    assert!(snapshots(&one).await.contains(fresh));

    let images = async || call(&one, "GetImageBlockPublicAccessState").await;
    let state = |state| format!("<imageBlockPublicAccessState>{state}</imageBlockPublicAccessState>");
    assert!(images().await.contains(&state("block-new-sharing")));
    call(&one, "DisableImageBlockPublicAccess").await;
    assert!(images().await.contains(&state("unblocked")));
    call(&one, "EnableImageBlockPublicAccess&ImageBlockPublicAccessState=block-new-sharing").await;
    assert!(images().await.contains(&state("block-new-sharing")));
    assert!(cloud.seen().iter().all(|seen| !seen.body.contains("PublicAccess")));
}

#[tokio::test]
async fn metadata_defaults_are_changed_one_by_one() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let level = async || {
        let body = call(&one, "GetInstanceMetadataDefaults").await;
        body.split("<accountLevel>").nth(1).unwrap().split("<managedBy>").next().unwrap().to_owned()
    };
    assert_eq!(level().await, "");
    let changed = call(&one, "ModifyInstanceMetadataDefaults&HttpTokens=required&HttpPutResponseHopLimit=2").await;
    assert!(changed.contains("<return>true</return>"), "{changed}");
    let hops = "<httpPutResponseHopLimit>2</httpPutResponseHopLimit>";
    assert_eq!(level().await, format!("{hops}<httpTokens>required</httpTokens>"));
    call(&one, "ModifyInstanceMetadataDefaults&HttpTokens=no-preference").await;
    assert_eq!(level().await, hops);
}

#[tokio::test]
async fn ec2_rejects_invalid_parameters() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    for (form, expected) in [
        ("EnableSnapshotBlockPublicAccess&State=some", (400, "InvalidParameterValue")),
        ("EnableSnapshotBlockPublicAccess", (400, "MissingParameter")),
        ("ModifyInstanceMetadataDefaults&HttpPutResponseHopLimit=65", (400, "InvalidParameterValue")),
        ("DisableSnapshotBlockPublicAccess&DryRun=true", (412, "DryRunOperation")),
    ] {
        let (status, body) = one.query("ec2", &format!("Action={form}")).await;
        assert!(status == expected.0 && body.contains(&format!("<Code>{}</Code>", expected.1)), "{form}: {body}");
    }
}

#[tokio::test]
async fn default_vpc_with_gateway_is_not_deleted() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let gateways = "DescribeInternetGateways&Filter.1.Name=attachment.vpc-id&Filter.1.Value.1=vpc-1";
    assert!(call(&one, gateways).await.contains("<internetGatewayId>igw-1</internetGatewayId>"));
    let (status, body) = one.query("ec2", "Action=DeleteVpc&VpcId=vpc-1").await;
    assert!(status == 400 && body.contains("<Code>DependencyViolation</Code>"), "{body}");
    call(&one, "DetachInternetGateway&InternetGatewayId=igw-1&VpcId=vpc-1").await;
    call(&one, "DeleteVpc&VpcId=vpc-1").await;
    assert!(!call(&one, gateways).await.contains("igw-1"), "the gateway is created once");
}
