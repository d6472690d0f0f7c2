//! Tests with an in-memory bucket and an organization that remembers its features.

use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_iam::operation::enable_organizations_root_credentials_management::{
    EnableOrganizationsRootCredentialsManagementError as CredentialsError,
    EnableOrganizationsRootCredentialsManagementOutput as CredentialsOutput,
};
use aws_sdk_iam::operation::enable_organizations_root_sessions::EnableOrganizationsRootSessionsOutput;
use aws_sdk_iam::operation::list_organizations_features::{
    ListOrganizationsFeaturesError, ListOrganizationsFeaturesOutput,
};
use aws_sdk_organizations::operation::list_accounts::{ListAccountsError, ListAccountsOutput};
use aws_sdk_organizations::types::Account;
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::Value;
use vending_core::{PlanMode, PlanReport};
use vending_plans::testing::{by_name, invoke, report, request};
use vending_records::testing::Bucket;

use super::*;

const CREDENTIALS: &str = "organization:rootAccess.RootCredentialsManagement";
const SESSIONS: &str = "organization:rootAccess.RootSessions";

#[derive(Clone, Debug, Default)]
struct World(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    features: Vec<FeatureType>,
    accounts: usize,
    /// The error of all calls.
    error: Option<&'static str>,
    /// The calls that change something.
    writes: Vec<&'static str>,
}

impl World {
    /// An organization that trusts IAM, with so many accounts.
    fn with(features: &[FeatureType], accounts: usize) -> Self {
        Self(Arc::new(Mutex::new(State { features: features.to_vec(), accounts, ..State::default() })))
    }

    fn failing(error: &'static str) -> Self {
        Self(Arc::new(Mutex::new(State { error: Some(error), ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn error(&self) -> Option<ErrorMetadata> {
        self.state().error.map(|code| ErrorMetadata::builder().code(code).build())
    }

    fn function(&self) -> CentralizeRootAccess {
        let rules = [self.lists_features(), self.enables_credentials(), self.enables_sessions()];
        CentralizeRootAccess {
            iam: mock_client!(aws_sdk_iam, RuleMode::MatchAny, &rules.each_ref()),
            organizations: mock_client!(aws_sdk_organizations, RuleMode::MatchAny, &[&self.lists_accounts()]),
        }
    }

    fn lists_features(&self) -> Rule {
        let world = self.clone();
        mock!(aws_sdk_iam::Client::list_organizations_features).then_compute_response(move |_| {
            if let Some(error) = world.error() {
                return MockResponse::Error(ListOrganizationsFeaturesError::generic(error));
            }
            let listed = ListOrganizationsFeaturesOutput::builder();
            MockResponse::Output(listed.set_enabled_features(Some(world.state().features.clone())).build())
        })
    }

    fn enables_credentials(&self) -> Rule {
        let world = self.clone();
        mock!(aws_sdk_iam::Client::enable_organizations_root_credentials_management).then_compute_output(move |_| {
            world.enable(FeatureType::RootCredentialsManagement, "credentials");
            CredentialsOutput::builder().build()
        })
    }

    fn enables_sessions(&self) -> Rule {
        let world = self.clone();
        mock!(aws_sdk_iam::Client::enable_organizations_root_sessions).then_compute_output(move |_| {
            world.enable(FeatureType::RootSessions, "sessions");
            EnableOrganizationsRootSessionsOutput::builder().build()
        })
    }

    fn enable(&self, feature: FeatureType, name: &'static str) {
        let mut state = self.state();
        state.features.push(feature);
        state.writes.push(name);
    }

    fn lists_accounts(&self) -> Rule {
        let world = self.clone();
        mock!(aws_sdk_organizations::Client::list_accounts).then_compute_response(move |list| {
            if world.error().is_some() {
                let code = "AWSOrganizationsNotInUseException";
                let error = ListAccountsError::generic(ErrorMetadata::builder().code(code).build());
                return MockResponse::Error(error);
            }
            // Each page has one account, and the first one is empty.
            let page: usize = list.next_token().map_or(0, |token| token.parse().unwrap());
            let accounts = (page > 0).then(|| vec![Account::builder().id(page.to_string()).build()]);
            let next = (page < world.state().accounts).then(|| (page + 1).to_string());
            MockResponse::Output(ListAccountsOutput::builder().set_accounts(accounts).set_next_token(next).build())
        })
    }
}

async fn plan(bucket: &Bucket, world: &World, root_access: Value) -> PlanReport {
    let mut manifest = json!({ "version": 1, "root": {} });
    if !root_access.is_null() {
        manifest["rootAccess"] = root_access;
    }
    request(bucket, &manifest, &[]);
    invoke(bucket, world.function(), PlanMode::Plan).await.unwrap();
    report(bucket, CentralizeRootAccess::FOLDER, PlanMode::Plan)
}

async fn run(bucket: &Bucket, world: &World) -> Result<PlanReport, (String, String)> {
    invoke(bucket, world.function(), PlanMode::Apply).await?;
    Ok(report(bucket, CentralizeRootAccess::FOLDER, PlanMode::Apply))
}

fn names(report: &PlanReport) -> Vec<String> {
    by_name(&report.changes).into_keys().collect()
}

#[tokio::test]
async fn credentials_are_managed_before_sessions() {
    let (world, bucket) = (World::with(&[], 1), Bucket::default());
    let plan_report = plan(&bucket, &world, json!("central")).await;
    assert_eq!(names(&plan_report), [CREDENTIALS, SESSIONS]);
    assert_eq!(world.state().writes, Vec::<&str>::new());
    assert_eq!(run(&bucket, &world).await.unwrap().changes, plan_report.changes);
    assert_eq!(world.state().writes, ["credentials", "sessions"]);
    assert_eq!(plan(&bucket, &world, json!("central")).await.changes, []);
}

#[tokio::test]
async fn only_the_missing_feature_is_enabled() {
    let (world, bucket) = (World::with(&[FeatureType::RootCredentialsManagement], 3), Bucket::default());
    let plan = plan(&bucket, &world, json!("central")).await;
    assert_eq!((names(&plan), plan.notes), (vec![SESSIONS.to_owned()], vec![]));
    run(&bucket, &world).await.unwrap();
    assert_eq!(world.state().writes, ["sessions"]);
}

#[tokio::test]
async fn manifest_without_root_access_changes_nothing() {
    let (world, bucket) = (World::with(&FEATURES, 3), Bucket::default());
    for world in [world, World::with(&[], 3), World::failing("AccessDenied")] {
        let plan = plan(&bucket, &world, Value::Null).await;
        assert_eq!((plan.changes, plan.notes), (vec![], vec![]));
        assert_eq!(run(&bucket, &world).await.unwrap().changes, []);
    }
}

#[tokio::test]
async fn credentials_of_existing_accounts_are_a_note() {
    for (accounts, notes) in [(1, 0), (2, 1)] {
        let plan = plan(&Bucket::default(), &World::with(&[], accounts), json!("central")).await;
        assert_eq!(plan.notes.len(), notes, "{accounts}");
    }
}

/// Without an organization, without all features, and without trusted access.
#[tokio::test]
async fn plan_does_not_need_what_a_run_makes_before() {
    let bucket = Bucket::default();
    for error in [
        "OrganizationNotFoundException",
        "OrganizationNotInAllFeaturesModeException",
        "ServiceAccessNotEnabledException",
    ] {
        let world = World::failing(error);
        assert_eq!(names(&plan(&bucket, &world, json!("central")).await), [CREDENTIALS, SESSIONS]);
        let (code, message) = run(&bucket, &world).await.unwrap_err();
        assert_eq!(code, "NotReady", "{error}");
        assert!(message.contains("trusted access of IAM"), "{message}");
        assert_eq!(world.state().writes, Vec::<&str>::new());
        *world.state() = State { accounts: 1, ..State::default() };
        assert_eq!(names(&run(&bucket, &world).await.unwrap()), [CREDENTIALS, SESSIONS]);
    }
}

#[tokio::test]
async fn member_account_cannot_centralize() {
    let (bucket, world) = (Bucket::default(), World::failing("AccountNotManagementOrDelegatedAdministratorException"));
    request(&bucket, &json!({ "version": 1, "rootAccess": "central", "root": {} }), &[]);
    assert_eq!(invoke(&bucket, world.function(), PlanMode::Plan).await.unwrap_err().0, "InvalidConfiguration");
}

#[tokio::test]
async fn denied_read_is_an_error() {
    let (bucket, world) = (Bucket::default(), World::failing("AccessDenied"));
    request(&bucket, &json!({ "version": 1, "rootAccess": "central", "root": {} }), &[]);
    assert_eq!(invoke(&bucket, world.function(), PlanMode::Plan).await.unwrap_err().0, "AccessDenied");
}

/// IAM may not see the trusted access that its list already showed.
#[tokio::test]
async fn trust_that_is_not_visible_is_retried() {
    let (bucket, world) = (Bucket::default(), World::with(&[], 1));
    plan(&bucket, &world, json!("central")).await;
    let hidden = mock!(aws_sdk_iam::Client::enable_organizations_root_credentials_management).then_error(|| {
        CredentialsError::generic(ErrorMetadata::builder().code("ServiceAccessNotEnabledException").build())
    });
    let rules = [world.lists_features(), hidden];
    let function = CentralizeRootAccess {
        iam: mock_client!(aws_sdk_iam, RuleMode::MatchAny, &rules.each_ref()),
        ..world.function()
    };
    assert_eq!(invoke(&bucket, function, PlanMode::Apply).await.unwrap_err().0, "NotReady");
    assert_eq!(world.state().writes, Vec::<&str>::new());
}
