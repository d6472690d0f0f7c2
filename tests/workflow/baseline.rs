//! A request with every field: its result, a second run that changes nothing, and the repair of drift.

use std::collections::BTreeMap;

use cloud::{ApiResponse, Caller, Cloud, REGIONS, Wire, full_request, request, unique, wait_for};
use serde_json::{Value, json};
use strum::IntoEnumIterator;
use vending_core::StepName;

/// The OU in which the local stack runs every optional part of the baseline.
pub(crate) const FULL_UNIT: &str = "Workloads/Production";

/// Whether each step reported a change.
fn changed(outcome: &Value) -> BTreeMap<String, bool> {
    let steps = outcome["steps"].as_array().unwrap().iter();
    steps.map(|step| (step["step"].as_str().unwrap().to_owned(), step["changed"].as_bool().unwrap())).collect()
}

async fn put_again(caller: &Caller, name: &str) -> Value {
    let accepted: ApiResponse = caller.change(&full_request(name, FULL_UNIT)).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let outcome = caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    assert_eq!(outcome["status"], "VENDED", "{outcome:#}");
    outcome
}

#[tokio::test]
async fn full_request_configures_everything() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let outcome = caller.vend(&full_request("everything", FULL_UNIT)).await;
    let account = &outcome["account"];
    let id = account["id"].as_str().unwrap();
    for step in outcome["steps"].as_array().unwrap() {
        let expected: &[&str] = match step["step"].as_str().unwrap() {
            "RequestQuotaIncreases" => &["PENDING"],
            "EnrollSecurityServices" => &["SUCCEEDED", "PENDING"],
            _ => &["SUCCEEDED"],
        };
        assert!(expected.contains(&step["status"].as_str().unwrap()), "{step:#}");
    }
    for step in
        ["HardenAccount", "HardenEc2", "SetContacts", "SetBudget", "ConfigureGithubOidc", "RestrictOrgAccessRole"]
    {
        assert!(changed(&outcome)[step], "{step} changed nothing");
    }
    let read_back = |step: &Value| step["readBackAt"].is_string();
    assert!(outcome["steps"].as_array().unwrap().iter().filter(|step| read_back(step)).count() >= 11, "{outcome:#}");
    let role = format!("arn:aws:iam::{id}:role/account-vending/access/github/github-acme.payments");
    assert_eq!(account["githubRoleArns"], json!([role]));
    is_hardened(&cloud, id).await;
    has_no_default_vpc(&cloud, id).await;
    has_account_record(&cloud, &caller, &outcome).await;
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
        assert_eq!(analyzers["analyzers"], json!([]), "the organization's analyzer covers the account in {region}");
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

/// The account record is in the bucket, has the digest that the requester gets, and is what the API returns.
async fn has_account_record(cloud: &Cloud, caller: &Caller, outcome: &Value) {
    let id = outcome["account"]["id"].as_str().unwrap();
    let evidence = &outcome["evidence"];
    assert_eq!(evidence["key"], format!("accounts/{id}.json"));
    let time_to_guardrails = &evidence["timeToGuardrails"];
    let moved_after = time_to_guardrails["organizationalUnitAfterMs"].as_u64().unwrap();
    assert!(moved_after <= time_to_guardrails["baselineAfterMs"].as_u64().unwrap(), "{time_to_guardrails}");
    let shown = caller.get(&format!("/accounts/{id}")).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let mut stored = cloud.document(&format!("accounts/{id}.json")).await;
    stored["state"] = "ACTIVE".into();
    assert_eq!(shown.body, stored);
    let baseline = &shown.body["baseline"];
    assert_eq!(baseline["digest"], evidence["digest"]);
    assert_eq!(baseline["request"]["monthlyBudgetUsd"], 500);
    let record: vending_core::AccountRecord = serde_json::from_value(shown.body).unwrap();
    assert!(record.baseline.unwrap().verify_digest());
}

fn text(response: &Value) -> String {
    response.as_str().map_or_else(|| response.to_string(), str::to_owned)
}

#[tokio::test]
async fn second_run_is_a_no_op_and_drift_is_repaired() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let outcome = caller.vend(&full_request("baseline-undone", FULL_UNIT)).await;
    let id = outcome["account"]["id"].as_str().unwrap().to_owned();
    let again = changed(&put_again(&caller, "baseline-undone").await);
    assert!(again.len() >= 15, "{again:#?}");
    assert!(again.values().all(|changed| !changed), "{again:#?}");

    let drift = Drift { account: cloud.wire(&id), management: cloud.wire("123456789012"), cloud: &cloud, id: &id };
    for step in StepName::iter() {
        if !drift.cause(step).await {
            continue;
        }
        let outcome = put_again(&caller, "baseline-undone").await;
        for (name, changed) in changed(&outcome) {
            assert_eq!(changed, name == step.to_string(), "{name}, after drift of {step}: {:#}", outcome["steps"]);
        }
    }
}

/// The local manifest governs Regions that are enabled by default: this test records an opt-in Region for a request.
#[tokio::test]
async fn opt_in_region_is_enabled_and_awaited() {
    let cloud = Cloud::connect();
    let vended = Caller::root(&cloud).vend(&request("opt-in")).await;
    let id = vended["account"]["id"].as_str().unwrap();
    let next = running_request(&cloud, vended["requestId"].as_str().unwrap(), id, &["us-east-1", "eu-south-2"]).await;
    let input = json!({ "accountId": id, "accountCreatedAt": vended["account"]["createdAt"] });
    let payload = json!({ "requestId": next, "deadline": "2999-01-01T00:00:00Z", "input": input });
    let enable = || cloud.invoke("account-vending-enable-regions", &payload);
    let first = enable().await;
    assert_eq!(first["errorType"], "NotReady", "{first}");
    assert!(first["errorMessage"].as_str().unwrap().contains("eu-south-2"), "{first}");
    let response =
        wait_for("the Region", || async { Some(enable().await).filter(|response| response["errorType"].is_null()) })
            .await;
    assert!(response["result"]["enabledRegions"].to_string().contains("eu-south-2"), "{response}");
    let mut ended = cloud.record(vended["requestId"].as_str().unwrap()).await;
    ended["requestId"] = json!(next);
    cloud.put_record(&ended).await;
}

/// Records a request for the account of an ended one, validated with these governed Regions. It has no execution.
async fn running_request(cloud: &Cloud, ended: &str, account: &str, governed: &[&str]) -> String {
    let (key, _) = ended.rsplit_once('-').unwrap();
    let next = format!("{key}-2");
    let mut record = cloud.record(ended).await;
    record["outcome"] = Value::Null;
    let mut validated = cloud.document(&format!("validated/{key}/1.json")).await;
    validated["settings"]["governedRegions"] = json!(governed);
    let mut of_account = cloud.document(&format!("accounts/{account}.json")).await;
    for document in [&mut record, &mut of_account] {
        document["requestId"] = json!(next);
    }
    for (key, document) in [
        (format!("requests/{key}/2.json"), &record),
        (format!("validated/{key}/2.json"), &validated),
        (format!("accounts/{account}.json"), &of_account),
    ] {
        cloud.put_document(&key, document).await;
    }
    next
}

/// The delegated administrator of the security services.
async fn security(cloud: &Cloud) -> Wire {
    let accounts = cloud.accounts().await;
    let account = accounts.iter().find(|account| account.email() == Some("aws+security@example.com")).unwrap();
    cloud.wire(account.id().unwrap())
}

/// Runs alone: for a moment, no analyzer of the organization covers one Region.
#[tokio::test]
async fn alone_uncovered_account_gets_its_own_analyzer() {
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

/// Changes an account by hand.
struct Drift<'a> {
    cloud: &'a Cloud,
    id: &'a str,
    account: Wire,
    management: Wire,
}

impl Drift<'_> {
    /// Undoes what a step set. Returns whether the step has anything to undo.
    ///
    /// The organization trail is not repaired by a step, a quota increase cannot be undone, and Regions are tested
    /// above.
    async fn cause(&self, step: StepName) -> bool {
        match step {
            StepName::MoveAccount => self.move_to_root().await,
            StepName::BootstrapRole => self.widen_vending_role().await,
            StepName::EnableConfig => self.stop_recording().await,
            StepName::EnrollSecurityServices => self.remove_guardduty_member().await,
            StepName::HardenAccount => self.remove_account_hardening().await,
            StepName::HardenEc2 => self.remove_ec2_hardening().await,
            StepName::HardenSsm => self.allow_document_sharing().await,
            StepName::RestrictOrgAccessRole => self.widen_org_access_role_trust().await,
            StepName::SetBudget => self.delete_budget().await,
            StepName::SetContacts => self.delete_contact().await,
            StepName::ConfigureGithubOidc => self.delete_oidc_provider().await,
            StepName::GrantAccess => self.detach_engineer_policy().await,
            StepName::CheckAccountCreation
            | StepName::CreateAccount
            | StepName::EnableCloudtrail
            | StepName::EnableRegions
            | StepName::ReportOutcome
            | StepName::RequestQuotaIncreases
            | StepName::RunCustomization
            | StepName::ValidateRequest => return false,
        }
        true
    }

    async fn move_to_root(&self) {
        let organizations = self.cloud.organizations();
        let roots = organizations.list_roots().send().await.unwrap();
        let parents = organizations.list_parents().child_id(self.id).send().await.unwrap();
        let moving = organizations.move_account().account_id(self.id);
        let moving = moving.source_parent_id(parents.parents()[0].id().unwrap());
        moving.destination_parent_id(roots.roots()[0].id().unwrap()).send().await.unwrap();
    }

    async fn widen_vending_role(&self) {
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

    async fn remove_account_hardening(&self) {
        self.account.iam("DeleteAccountPasswordPolicy", &[]).await;
        let blocks = "/v20180820/configuration/publicAccessBlock";
        self.account.rest("s3", "DELETE", blocks, None).await;
    }

    async fn remove_ec2_hardening(&self) {
        self.account.in_region(REGIONS[1]).ec2("DisableEbsEncryptionByDefault", &[]).await;
        self.account.in_region(REGIONS[2]).ec2("DisableSnapshotBlockPublicAccess", &[]).await;
        self.account.ec2("DisableImageBlockPublicAccess", &[]).await;
    }

    async fn allow_document_sharing(&self) {
        let setting = json!({ "SettingId": "/ssm/documents/console/public-sharing-permission" });
        self.account.in_region(REGIONS[1]).json("ssm", "AmazonSSM.ResetServiceSetting", &setting).await;
    }

    async fn delete_contact(&self) {
        let contact = json!({ "AccountId": self.id, "AlternateContactType": "SECURITY" });
        self.management.rest("account", "POST", "/deleteAlternateContact", Some(&contact)).await;
    }

    async fn delete_budget(&self) {
        let budget = json!({ "AccountId": "123456789012", "BudgetName": format!("account-vending-{}", self.id) });
        self.management.json("budgets", "AWSBudgetServiceGateway.DeleteBudget", &budget).await;
    }

    async fn remove_guardduty_member(&self) {
        let guardduty = security(self.cloud).await.in_region(REGIONS[1]);
        let detectors = guardduty.rest("guardduty", "GET", "/detector", None).await;
        let path = format!("/detector/{}/member/delete", detectors["detectorIds"][0].as_str().unwrap());
        guardduty.rest("guardduty", "POST", &path, Some(&json!({ "accountIds": [self.id] }))).await;
    }

    async fn widen_org_access_role_trust(&self) {
        let root = json!({ "AWS": "arn:aws:iam::123456789012:root" });
        let trust = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole" }
        ] });
        let parameters = [("RoleName", "OrganizationAccountAccessRole"), ("PolicyDocument", &trust.to_string())];
        self.account.iam("UpdateAssumeRolePolicy", &parameters).await;
    }

    async fn detach_engineer_policy(&self) {
        let parameters = [("RoleName", "Engineer"), ("PolicyArn", "arn:aws:iam::aws:policy/PowerUserAccess")];
        self.account.iam("DetachRolePolicy", &parameters).await;
    }

    async fn delete_oidc_provider(&self) {
        let arn = format!("arn:aws:iam::{}:oidc-provider/token.actions.githubusercontent.com", self.id);
        self.account.iam("DeleteOpenIDConnectProvider", &[("OpenIDConnectProviderArn", &arn)]).await;
    }
}
