//! OUs.

use serde_json::{Value, json};

use super::{ROOT, SCP, attach, create_policy, create_unit, each};
use crate::cloud::{LocalCloud, code, reason};
use crate::emulated::{ONE, cloud};

async fn rename(cloud: &LocalCloud, unit: &str, name: &str) -> (u16, Value) {
    cloud.organizations("UpdateOrganizationalUnit", json!({"OrganizationalUnitId": unit, "Name": name})).await
}

async fn delete(cloud: &LocalCloud, unit: &str) -> (u16, Value) {
    cloud.organizations("DeleteOrganizationalUnit", json!({"OrganizationalUnitId": unit})).await
}

#[tokio::test]
async fn name_is_unique_below_a_parent() {
    let cloud = LocalCloud::start().await;
    let workloads = create_unit(&cloud, ROOT, "Workloads").await;
    create_unit(&cloud, &workloads, "Production").await;
    let again = json!({"ParentId": ROOT, "Name": "Workloads"});
    let rejected = cloud.organizations("CreateOrganizationalUnit", again).await;
    assert_eq!(code(&rejected), "DuplicateOrganizationalUnitException");
    let other = create_unit(&cloud, ROOT, "Other").await;
    assert_eq!(code(&rename(&cloud, &other, "Workloads").await), "DuplicateOrganizationalUnitException");
    assert_eq!(rename(&cloud, &other, "Other").await.0, 200, "its own name");
}

/// moto rejects the name of any other OU.
#[tokio::test]
async fn renamed_unit_can_have_a_name_from_elsewhere() {
    let cloud = LocalCloud::start().await;
    let workloads = create_unit(&cloud, ROOT, "Workloads").await;
    create_unit(&cloud, &workloads, "Production").await;
    let other = create_unit(&cloud, ROOT, "Other").await;
    let policy = create_policy(&cloud, SCP, "one").await;
    attach(&cloud, &policy, &other).await;

    let (status, renamed) = rename(&cloud, &other, "Production").await;
    let renamed = &renamed["OrganizationalUnit"];
    assert_eq!((status, &renamed["Id"], &renamed["Name"]), (200, &json!(other), &json!("Production")));
    let (_, listed) = cloud.organizations("ListOrganizationalUnitsForParent", json!({"ParentId": ROOT})).await;
    assert_eq!(each(&listed["OrganizationalUnits"], "Name"), ["Workloads", "Production"]);
    let (_, targets) = cloud.organizations("ListTargetsForPolicy", json!({"PolicyId": policy})).await;
    assert_eq!(
        (&targets["Targets"][0]["TargetId"], &targets["Targets"][0]["Name"]),
        (&json!(other), &json!("Production"))
    );

    assert_eq!(rename(&cloud, &other, "Final").await.1["OrganizationalUnit"]["Name"], "Final");
    let described = cloud.organizations("DescribeOrganizationalUnit", json!({"OrganizationalUnitId": other})).await;
    assert_eq!(described.1["OrganizationalUnit"]["Name"], "Final");
}

#[tokio::test]
async fn units_are_nested_five_levels_deep() {
    let cloud = LocalCloud::start().await;
    let mut parent = ROOT.to_owned();
    for level in 1..=5 {
        parent = create_unit(&cloud, &parent, &format!("Level {level}")).await;
    }
    let rejected =
        cloud.organizations("CreateOrganizationalUnit", json!({"ParentId": parent, "Name": "Level 6"})).await;
    assert_eq!(reason(&rejected), ("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED"));
}

#[tokio::test]
async fn units_are_tagged_when_created() {
    let cloud = LocalCloud::start().await;
    let tags = json!([{"Key": "owner", "Value": "platform"}]);
    let unit = json!({"ParentId": ROOT, "Name": "Sandbox", "Tags": tags});
    let (_, created) = cloud.organizations("CreateOrganizationalUnit", unit).await;
    let resource = json!({"ResourceId": created["OrganizationalUnit"]["Id"]});
    assert_eq!(cloud.organizations("ListTagsForResource", resource).await.1["Tags"], tags);
    let invalid = json!({"ParentId": ROOT, "Name": "Other", "Tags": [{"Key": "aws:x", "Value": ""}]});
    let rejected = cloud.organizations("CreateOrganizationalUnit", invalid).await;
    assert_eq!(reason(&rejected).1, "INVALID_SYSTEM_TAGS_PARAMETER");
}

#[tokio::test]
async fn only_an_empty_unit_is_deleted() {
    let cloud = cloud().await;
    let parent = create_unit(&cloud, ROOT, "Workloads").await;
    let child = create_unit(&cloud, &parent, "Production").await;
    assert_eq!(code(&delete(&cloud, &parent).await), "OrganizationalUnitNotEmptyException");
    let to_child = json!({"AccountId": ONE, "SourceParentId": ROOT, "DestinationParentId": child});
    cloud.organizations("MoveAccount", to_child).await;
    assert_eq!(code(&delete(&cloud, &child).await), "OrganizationalUnitNotEmptyException");
    let to_root = json!({"AccountId": ONE, "SourceParentId": child, "DestinationParentId": ROOT});
    cloud.organizations("MoveAccount", to_root).await;

    let policy = create_policy(&cloud, SCP, "one").await;
    attach(&cloud, &policy, &child).await;
    assert_eq!(delete(&cloud, &child).await, (200, json!({})));
    assert_eq!(code(&delete(&cloud, &child).await), "OrganizationalUnitNotFoundException");
    assert_eq!(cloud.organizations("DeletePolicy", json!({"PolicyId": policy})).await.0, 200, "no longer attached");
}

#[tokio::test]
async fn names_and_parents_are_checked() {
    let cloud = LocalCloud::start().await;
    for (name, expected) in [("", "MIN_LENGTH_EXCEEDED"), (&*"n".repeat(129), "MAX_LENGTH_EXCEEDED")] {
        let rejected = cloud.organizations("CreateOrganizationalUnit", json!({"ParentId": ROOT, "Name": name})).await;
        assert_eq!(reason(&rejected).1, expected);
    }
    assert_eq!(code(&rename(&cloud, "ou-root-99999999", "n").await), "OrganizationalUnitNotFoundException");
}
