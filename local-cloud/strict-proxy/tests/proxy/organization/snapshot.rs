//! The organization as tests compare it.

use local_cloud::strict::{AccountSnapshot, OrganizationSnapshot, PolicySnapshot, UnitSnapshot};
use serde_json::json;

use super::{IAM, ROOT, S3, SCP, attach, content, create_policy, create_unit, detach, enabled, trust};
use crate::cloud::{LocalCloud, ROOT_KEY};
use crate::emulated::{ONE, cloud};

async fn snapshot(cloud: &LocalCloud) -> OrganizationSnapshot {
    cloud.strict.organization().await.unwrap()
}

#[tokio::test]
async fn snapshot_shows_the_whole_organization() {
    let cloud = cloud().await;
    enabled(&cloud, S3).await;
    let unit = create_unit(&cloud, ROOT, "Sandbox").await;
    let id = create_policy(&cloud, S3, "block").await;
    attach(&cloud, &id, &unit).await;
    for resource in [&unit, &id, ONE] {
        let tag = json!({"ResourceId": resource, "Tags": [{"Key": "owner", "Value": "us"}]});
        cloud.organizations("TagResource", tag).await;
    }
    trust(&cloud, IAM).await;
    cloud.organizations("RegisterDelegatedAdministrator", json!({"AccountId": ONE, "ServicePrincipal": IAM})).await;
    cloud.query(ROOT_KEY, "iam", "Action=EnableOrganizationsRootSessions").await.unwrap();

    let snapshot = snapshot(&cloud).await;
    let tags = || [("owner".to_owned(), "us".to_owned())].into();
    assert_eq!((snapshot.id.as_deref(), snapshot.has_all_features), (Some("o-a"), true));
    assert_eq!(snapshot.policy_types[S3], "ENABLED");
    let parent_id = Some(ROOT.to_owned());
    assert_eq!(
        snapshot.units[0],
        UnitSnapshot { id: unit.clone(), name: "Sandbox".to_owned(), parent_id, tags: tags() }
    );
    let expected = AccountSnapshot {
        id: ONE.to_owned(),
        name: String::new(),
        email: "one@example.com".to_owned(),
        state: "ACTIVE".to_owned(),
        parent_id: ROOT.to_owned(),
        tags: tags(),
    };
    assert_eq!(snapshot.accounts[0], expected);
    let expected = PolicySnapshot {
        id: id.clone(),
        name: "block".to_owned(),
        description: "about it".to_owned(),
        policy_type: S3.to_owned(),
        content: content(S3),
        is_aws_managed: false,
        tags: tags(),
        targets: [unit].into(),
    };
    assert_eq!(snapshot.policies.iter().find(|policy| policy.id == id), Some(&expected));
    assert_eq!(snapshot.trusted_services, [IAM.to_owned()].into());
    assert_eq!(snapshot.delegated_administrators, [(ONE.to_owned(), [IAM.to_owned()].into())].into());
    assert_eq!(snapshot.root_features, ["RootSessions".to_owned()].into());
}

#[tokio::test]
async fn undone_changes_leave_the_snapshot_unchanged() {
    let cloud = cloud().await;
    let before = snapshot(&cloud).await;
    let id = create_policy(&cloud, SCP, "one").await;
    attach(&cloud, &id, ONE).await;
    assert_ne!(snapshot(&cloud).await, before);
    detach(&cloud, &id, ONE).await;
    cloud.organizations("DeletePolicy", json!({"PolicyId": id})).await;
    assert_eq!(snapshot(&cloud).await, before);
}
