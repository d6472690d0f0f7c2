//! EC2's defaults of an account and a region, and its default VPC.

use super::{Caller, ONE, TWO, cloud};

async fn ask(caller: &Caller<'_>, form: &str) -> String {
    let (status, body) = caller.query("ec2", &format!("Action={form}&Version=2016-11-15")).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn sharing_is_blocked_in_one_region_of_one_account() {
    let cloud = cloud().await;
    let (one, two) = (Caller::of(&cloud, ONE).await, Caller::of(&cloud, TWO).await);
    let frankfurt = one.in_region("eu-central-1");
    let snapshots = async |caller: &Caller<'_>| ask(caller, "GetSnapshotBlockPublicAccessState").await;
    let fresh = "<state>unblocked</state><managedBy>account</managedBy>";
    assert!(snapshots(&one).await.contains(fresh));
    let blocked = ask(&one, "EnableSnapshotBlockPublicAccess&State=block-all-sharing").await;
    assert!(blocked.contains("<state>block-all-sharing</state>"), "{blocked}");
    assert!(snapshots(&one).await.contains("<state>block-all-sharing</state>"));
    assert!(snapshots(&frankfurt).await.contains(fresh) && snapshots(&two).await.contains(fresh));
    ask(&one, "DisableSnapshotBlockPublicAccess").await;
    assert!(snapshots(&one).await.contains(fresh));

    let images = async || ask(&one, "GetImageBlockPublicAccessState").await;
    let state = |state| format!("<imageBlockPublicAccessState>{state}</imageBlockPublicAccessState>");
    assert!(images().await.contains(&state("block-new-sharing")));
    ask(&one, "DisableImageBlockPublicAccess").await;
    assert!(images().await.contains(&state("unblocked")));
    ask(&one, "EnableImageBlockPublicAccess&ImageBlockPublicAccessState=block-new-sharing").await;
    assert!(images().await.contains(&state("block-new-sharing")));
    assert!(cloud.seen().iter().all(|seen| !seen.body.contains("PublicAccess")));
}

#[tokio::test]
async fn metadata_defaults_are_kept_one_by_one() {
    let cloud = cloud().await;
    let one = Caller::of(&cloud, ONE).await;
    let level = async || {
        let body = ask(&one, "GetInstanceMetadataDefaults").await;
        body.split("<accountLevel>").nth(1).unwrap().split("<managedBy>").next().unwrap().to_owned()
    };
    assert_eq!(level().await, "");
    let changed = ask(&one, "ModifyInstanceMetadataDefaults&HttpTokens=required&HttpPutResponseHopLimit=2").await;
    assert!(changed.contains("<return>true</return>"), "{changed}");
    let hops = "<httpPutResponseHopLimit>2</httpPutResponseHopLimit>";
    assert_eq!(level().await, format!("{hops}<httpTokens>required</httpTokens>"));
    ask(&one, "ModifyInstanceMetadataDefaults&HttpTokens=no-preference").await;
    assert_eq!(level().await, hops);
}

#[tokio::test]
async fn ec2_refuses_what_it_does_not_know() {
    let cloud = cloud().await;
    let one = Caller::of(&cloud, ONE).await;
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
async fn a_default_vpc_has_an_internet_gateway_that_is_in_the_way_of_its_end() {
    let cloud = cloud().await;
    let one = Caller::of(&cloud, ONE).await;
    let gateways = "DescribeInternetGateways&Filter.1.Name=attachment.vpc-id&Filter.1.Value.1=vpc-1";
    assert!(ask(&one, gateways).await.contains("<internetGatewayId>igw-1</internetGatewayId>"));
    let (status, body) = one.query("ec2", "Action=DeleteVpc&VpcId=vpc-1").await;
    assert!(status == 400 && body.contains("<Code>DependencyViolation</Code>"), "{body}");
    ask(&one, "DetachInternetGateway&InternetGatewayId=igw-1&VpcId=vpc-1").await;
    ask(&one, "DeleteVpc&VpcId=vpc-1").await;
    assert!(!ask(&one, gateways).await.contains("igw-1"), "it is made once");
}
