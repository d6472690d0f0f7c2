//! A request that asks for everything: what it comes to, that it is put right when undone, and that it is not touched
//! when it is as it should be.

use std::collections::BTreeMap;
use std::time::Duration;

use local_cloud::{Answer, Caller, Cloud, Wire, email, full_request, key_of, pause, request, unique};
use serde_json::{Value, json};

/// The unit in which the local stack does everything that it can.
pub(crate) const FULL_UNIT: &str = "Workloads/Production";
const REGIONS: [&str; 3] = ["us-east-1", "eu-central-1", "eu-west-1"];

/// What each step reported: whether it changed anything.
fn changed(outcome: &Value) -> BTreeMap<String, bool> {
    let steps = outcome["steps"].as_array().unwrap().iter();
    steps.map(|step| (step["step"].as_str().unwrap().to_owned(), step["changed"].as_bool().unwrap())).collect()
}

async fn put_again(caller: &Caller, name: &str) -> Value {
    let accepted: Answer = caller.put(&key_of(&email(name)), &full_request(name, FULL_UNIT)).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    outcome
}

#[tokio::test]
async fn a_request_for_everything_gets_everything() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let outcome = caller.vend(&full_request("everything", FULL_UNIT)).await;
    let account = &outcome["account"];
    let id = account["id"].as_str().unwrap();
    for step in outcome["steps"].as_array().unwrap() {
        let expected: &[&str] = match step["step"].as_str().unwrap() {
            "RequestQuotas" => &["PENDING"],
            "EnrollSecurityServices" => &["SUCCEEDED", "PENDING"],
            _ => &["SUCCEEDED"],
        };
        assert!(expected.contains(&step["status"].as_str().unwrap()), "{step:#}");
    }
    for step in ["HardenAccount", "HardenCompute", "SetContacts", "SetBudget", "TrustGithub", "RetireBootstrap"] {
        assert!(changed(&outcome)[step], "{step} changed nothing");
    }
    let read_back = |step: &Value| step["readBackAt"].is_string();
    assert!(outcome["steps"].as_array().unwrap().iter().filter(|step| read_back(step)).count() >= 11, "{outcome:#}");
    let role = format!("arn:aws:iam::{id}:role/account-vending/access/github/github-acme.payments");
    assert_eq!(account["githubRoleArns"], json!([role]));
    is_hardened(&cloud, id).await;
    has_no_default_vpc(&cloud, id).await;
    is_kept_as_evidence(&cloud, &caller, &outcome).await;
}

async fn is_hardened(cloud: &Cloud, id: &str) {
    let account = cloud.wire(id);
    for region in REGIONS {
        let regional = account.in_region(region);
        let encryption = text(&regional.ec2("GetEbsEncryptionByDefault", &[]).await);
        assert!(encryption.contains("true"), "{region}: {encryption}");
        let snapshots = text(&regional.ec2("GetSnapshotBlockPublicAccessState", &[]).await);
        assert!(snapshots.contains("block-all-sharing"), "{region}: {snapshots}");
        let images = text(&regional.ec2("GetImageBlockPublicAccessState", &[]).await);
        assert!(images.contains("block-new-sharing"), "{region}: {images}");
        let defaults = text(&regional.ec2("GetInstanceMetadataDefaults", &[]).await);
        assert!(defaults.contains("required"), "{region}: {defaults}");
        let analyzers = regional.rest("access-analyzer", "GET", "/analyzer", None).await;
        assert_eq!(analyzers["analyzers"], json!([]), "the organization's analyzer sees the account in {region}");
    }
    let policy = text(&account.iam("GetAccountPasswordPolicy", &[]).await);
    assert!(policy.contains("<MinimumPasswordLength>14<"), "{policy}");
    let aliases = text(&account.iam("ListAccountAliases", &[]).await);
    assert!(aliases.contains(&format!("example-{}", unique("everything"))), "{aliases}");
}

async fn has_no_default_vpc(cloud: &Cloud, id: &str) {
    let filter = [("Filter.1.Name", "is-default"), ("Filter.1.Value.1", "true")];
    for region in [REGIONS[0], REGIONS[2], "ap-northeast-1", "sa-east-1"] {
        let found = text(&cloud.wire(id).in_region(region).ec2("DescribeVpcs", &filter).await);
        assert!(!found.contains("<vpcId>"), "{region}: {found}");
    }
}

/// The record stands in the bucket, its digest is the one that the requester is shown, and the API shows all of it.
async fn is_kept_as_evidence(cloud: &Cloud, caller: &Caller, outcome: &Value) {
    let id = outcome["account"]["id"].as_str().unwrap();
    let evidence = &outcome["evidence"];
    assert_eq!(evidence["key"], format!("accounts/{id}.json"));
    let from_birth = &evidence["fromBirth"];
    let placed = from_birth["organizationalUnitAfterMs"].as_u64().unwrap();
    assert!(placed <= from_birth["baselineAfterMs"].as_u64().unwrap(), "{from_birth}");
    let shown = caller.get(&format!("/accounts/{id}")).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert_eq!(shown.body, cloud.document(&format!("accounts/{id}.json")).await);
    assert_eq!(shown.body["digest"], evidence["digest"]);
    assert_eq!(shown.body["request"]["monthlyBudgetUsd"], 500);
    let record: vending_core::AccountRecord = serde_json::from_value(shown.body).unwrap();
    assert!(record.is_intact());
}

fn text(answer: &Value) -> String {
    answer.as_str().map_or_else(|| answer.to_string(), str::to_owned)
}

#[tokio::test]
async fn what_is_as_it_should_be_is_left_alone_and_what_was_undone_is_put_right() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let outcome = caller.vend(&full_request("baseline-undone", FULL_UNIT)).await;
    let id = outcome["account"]["id"].as_str().unwrap().to_owned();
    let again = changed(&put_again(&caller, "baseline-undone").await);
    assert!(again.len() >= 15, "{again:#?}");
    assert!(again.values().all(|changed| !changed), "{again:#?}");

    let hand = Hand { account: cloud.wire(&id), management: cloud.wire("123456789012"), cloud: &cloud, id: &id };
    for step in UNDONE {
        hand.undo(step).await;
        let outcome = put_again(&caller, "baseline-undone").await;
        for (name, changed) in changed(&outcome) {
            assert_eq!(changed, name == *step, "{name}, after {step} was undone: {:#}", outcome["steps"]);
        }
    }
}

/// Steps whose work can be undone by hand. The organization trail is not theirs to mend, a quota is not taken back, and
/// a region does not show its account.
const UNDONE: &[&str] = &[
    "MoveAccount",
    "BootstrapRole",
    "EnableConfig",
    "HardenAccount",
    "HardenCompute",
    "SetContacts",
    "SetBudget",
    "EnrollSecurityServices",
    "RetireBootstrap",
    "GrantAccess",
    "TrustGithub",
];

/// The stack governs Regions that AWS enables by itself: this asks the function for another one.
#[tokio::test]
async fn a_region_that_has_to_be_opted_into_is_enabled_and_waited_for() {
    let cloud = Cloud::connect();
    let vended = Caller::root(&cloud).vend(&request("opt-in")).await;
    let input = json!({
        "accountId": vended["account"]["id"], "accountCreatedAt": vended["account"]["createdAt"],
        "governedRegions": ["us-east-1", "eu-south-2"],
    });
    let payload = json!({ "requestId": vended["requestId"], "deadline": "2999-01-01T00:00:00Z", "input": input });
    let enable = || cloud.invoke("account-vending-enable-regions", &payload);
    let first = enable().await;
    assert_eq!(first["errorType"], "NotReady", "{first}");
    assert!(first["errorMessage"].as_str().unwrap().contains("eu-south-2"), "{first}");
    let mut answer = first;
    for _ in 0..20 {
        answer = enable().await;
        if answer["errorType"].is_null() {
            break;
        }
        pause(Duration::from_millis(300)).await;
    }
    assert!(answer["result"]["enabledRegions"].to_string().contains("eu-south-2"), "{answer}");
}

/// The delegated administrator of the security services.
async fn security(cloud: &Cloud) -> Wire {
    let accounts = cloud.accounts().await;
    let account = accounts.iter().find(|account| account.email() == Some("aws+security@example.com")).unwrap();
    cloud.wire(account.id().unwrap())
}

/// Runs alone: for a moment no account is covered in one region.
#[tokio::test]
async fn alone_an_account_that_the_organization_does_not_look_at_gets_an_analyzer_of_its_own() {
    let cloud = Cloud::connect();
    let security = security(&cloud).await.in_region(REGIONS[2]);
    security.rest("access-analyzer", "DELETE", "/analyzer/organization", None).await;
    let outcome = Caller::root(&cloud).vend(&request("uncovered")).await;
    let analyzer = json!({ "analyzerName": "organization", "type": "ORGANIZATION" });
    security.rest("access-analyzer", "PUT", "/analyzer", Some(&analyzer)).await;
    let account = cloud.wire(outcome["account"]["id"].as_str().unwrap());
    for (region, own) in [(REGIONS[1], json!([])), (REGIONS[2], json!(["account-vending"]))] {
        let listed = account.in_region(region).rest("access-analyzer", "GET", "/analyzer", None).await;
        let names: Vec<_> = listed["analyzers"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        assert_eq!(json!(names), own, "{region}");
    }
}

/// Somebody who means well.
struct Hand<'a> {
    cloud: &'a Cloud,
    id: &'a str,
    account: Wire,
    management: Wire,
}

impl Hand<'_> {
    async fn undo(&self, step: &str) {
        match step {
            "MoveAccount" => self.move_to_the_root().await,
            "BootstrapRole" => self.widen_the_vending_role().await,
            "EnableConfig" => self.stop_recording().await,
            "HardenAccount" => self.soften_the_account().await,
            "HardenCompute" => self.soften_compute().await,
            "SetContacts" => self.delete_a_contact().await,
            "SetBudget" => self.delete_the_budget().await,
            "EnrollSecurityServices" => self.leave_guardduty().await,
            "RetireBootstrap" => self.open_the_way_in().await,
            "GrantAccess" => self.detach_the_engineers_policy().await,
            "TrustGithub" => self.delete_the_provider().await,
            other => panic!("how is {other} undone?"),
        }
    }

    async fn move_to_the_root(&self) {
        let organizations = self.cloud.organizations();
        let roots = organizations.list_roots().send().await.unwrap();
        let parents = organizations.list_parents().child_id(self.id).send().await.unwrap();
        let moving = organizations.move_account().account_id(self.id);
        let moving = moving.source_parent_id(parents.parents()[0].id().unwrap());
        moving.destination_parent_id(roots.roots()[0].id().unwrap()).send().await.unwrap();
    }

    async fn widen_the_vending_role(&self) {
        let policy =
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
        let parameters =
            [("RoleName", "AccountVending"), ("PolicyName", "baseline"), ("PolicyDocument", &policy.to_string())];
        self.account.iam("PutRolePolicy", &parameters).await;
    }

    async fn stop_recording(&self) {
        let config = self.account.in_region(REGIONS[1]);
        let recorder = json!({ "ConfigurationRecorderName": "default" });
        config.json("config", "StarlingDoveService.StopConfigurationRecorder", &recorder).await;
    }

    async fn soften_the_account(&self) {
        self.account.iam("DeleteAccountPasswordPolicy", &[]).await;
        let blocks = "/v20180820/configuration/publicAccessBlock";
        self.account.rest("s3", "DELETE", blocks, None).await;
    }

    async fn soften_compute(&self) {
        self.account.in_region(REGIONS[1]).ec2("DisableEbsEncryptionByDefault", &[]).await;
        self.account.in_region(REGIONS[2]).ec2("DisableSnapshotBlockPublicAccess", &[]).await;
        self.account.ec2("DisableImageBlockPublicAccess", &[]).await;
    }

    async fn delete_a_contact(&self) {
        let contact = json!({ "AccountId": self.id, "AlternateContactType": "SECURITY" });
        self.management.rest("account", "POST", "/deleteAlternateContact", Some(&contact)).await;
    }

    async fn delete_the_budget(&self) {
        let budget = json!({ "AccountId": "123456789012", "BudgetName": format!("account-vending-{}", self.id) });
        self.management.json("budgets", "AWSBudgetServiceGateway.DeleteBudget", &budget).await;
    }

    async fn leave_guardduty(&self) {
        let guardduty = security(self.cloud).await.in_region(REGIONS[1]);
        let detectors = guardduty.rest("guardduty", "GET", "/detector", None).await;
        let path = format!("/detector/{}/member/delete", detectors["detectorIds"][0].as_str().unwrap());
        guardduty.rest("guardduty", "POST", &path, Some(&json!({ "accountIds": [self.id] }))).await;
    }

    async fn open_the_way_in(&self) {
        let root = json!({ "AWS": "arn:aws:iam::123456789012:root" });
        let trust = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole" }
        ] });
        let parameters = [("RoleName", "OrganizationAccountAccessRole"), ("PolicyDocument", &trust.to_string())];
        self.account.iam("UpdateAssumeRolePolicy", &parameters).await;
    }

    async fn detach_the_engineers_policy(&self) {
        let parameters = [("RoleName", "Engineer"), ("PolicyArn", "arn:aws:iam::aws:policy/PowerUserAccess")];
        self.account.iam("DetachRolePolicy", &parameters).await;
    }

    async fn delete_the_provider(&self) {
        let arn = format!("arn:aws:iam::{}:oidc-provider/token.actions.githubusercontent.com", self.id);
        self.account.iam("DeleteOpenIDConnectProvider", &[("OpenIDConnectProviderArn", &arn)]).await;
    }
}
