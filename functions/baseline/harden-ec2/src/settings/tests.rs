use aws_sdk_ec2::operation::enable_ebs_encryption_by_default::EnableEbsEncryptionByDefaultOutput;
use aws_sdk_ec2::operation::enable_image_block_public_access::EnableImageBlockPublicAccessOutput;
use aws_sdk_ec2::operation::enable_snapshot_block_public_access::EnableSnapshotBlockPublicAccessOutput;
use aws_sdk_ec2::operation::get_ebs_encryption_by_default::GetEbsEncryptionByDefaultOutput;
use aws_sdk_ec2::operation::get_image_block_public_access_state::GetImageBlockPublicAccessStateOutput;
use aws_sdk_ec2::operation::get_instance_metadata_defaults::GetInstanceMetadataDefaultsOutput;
use aws_sdk_ec2::operation::get_snapshot_block_public_access_state::GetSnapshotBlockPublicAccessStateOutput;
use aws_sdk_ec2::operation::modify_instance_metadata_defaults::ModifyInstanceMetadataDefaultsOutput;
use aws_sdk_ec2::types::{InstanceMetadataDefaultsResponse, ManagedBy};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::body::SdkBody;
use time::Duration;
use vending_core::ErrorCode;

use super::*;

pub(crate) fn error_response(code: &str) -> Response {
    error_with_message(code, "AWS says so")
}

pub(crate) fn error_with_message(code: &str, message: &str) -> Response {
    let body =
        format!("<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>");
    Response::new(400.try_into().unwrap(), SdkBody::from(body))
}

fn volumes(encrypted: bool) -> Rule {
    mock!(Client::get_ebs_encryption_by_default)
        .then_output(move || GetEbsEncryptionByDefaultOutput::builder().ebs_encryption_by_default(encrypted).build())
}

fn snapshots(state: &'static str, managed_by: ManagedBy) -> Rule {
    mock!(Client::get_snapshot_block_public_access_state).then_output(move || {
        let output = GetSnapshotBlockPublicAccessStateOutput::builder().state(state.into());
        output.managed_by(managed_by.clone()).build()
    })
}

fn images(state: &'static str, managed_by: ManagedBy) -> Rule {
    mock!(Client::get_image_block_public_access_state).then_output(move || {
        let output = GetImageBlockPublicAccessStateOutput::builder().image_block_public_access_state(state);
        output.managed_by(managed_by.clone()).build()
    })
}

fn metadata(tokens: Option<HttpTokensState>, managed_by: ManagedBy) -> Rule {
    mock!(Client::get_instance_metadata_defaults).then_output(move || {
        let defaults = InstanceMetadataDefaultsResponse::builder().set_http_tokens(tokens.clone());
        let defaults = defaults.http_put_response_hop_limit(3).managed_by(managed_by.clone()).build();
        GetInstanceMetadataDefaultsOutput::builder().account_level(defaults).build()
    })
}

fn no_metadata_defaults() -> Rule {
    mock!(Client::get_instance_metadata_defaults).then_output(|| GetInstanceMetadataDefaultsOutput::builder().build())
}

fn volumes_set() -> Rule {
    mock!(Client::enable_ebs_encryption_by_default)
        .then_output(|| EnableEbsEncryptionByDefaultOutput::builder().ebs_encryption_by_default(true).build())
}

fn snapshots_set() -> Rule {
    set_snapshots(Some(SnapshotBlockPublicAccessState::BlockAllSharing))
}

fn set_snapshots(state: Option<SnapshotBlockPublicAccessState>) -> Rule {
    mock!(Client::enable_snapshot_block_public_access)
        .match_requests(|request| request.state() == Some(&SnapshotBlockPublicAccessState::BlockAllSharing))
        .then_output(move || EnableSnapshotBlockPublicAccessOutput::builder().set_state(state.clone()).build())
}

fn images_set() -> Rule {
    set_images(Some(ImageBlockPublicAccessEnabledState::BlockNewSharing))
}

fn set_images(state: Option<ImageBlockPublicAccessEnabledState>) -> Rule {
    mock!(Client::enable_image_block_public_access)
        .match_requests(|request| {
            request.image_block_public_access_state() == Some(&ImageBlockPublicAccessEnabledState::BlockNewSharing)
        })
        .then_output(move || {
            let output = EnableImageBlockPublicAccessOutput::builder();
            output.set_image_block_public_access_state(state.clone()).build()
        })
}

/// Sets only the tokens. The hop limit and the other defaults are kept.
fn metadata_set() -> Rule {
    mock!(Client::modify_instance_metadata_defaults)
        .match_requests(|request| {
            request.http_tokens() == Some(&MetadataDefaultHttpTokensState::Required)
                && request.http_put_response_hop_limit().is_none()
                && request.http_endpoint().is_none()
                && request.instance_metadata_tags().is_none()
                && request.http_tokens_enforced().is_none()
        })
        .then_output(|| ModifyInstanceMetadataDefaultsOutput::builder().r#return(true).build())
}

/// The responses of a Region where all four settings are set.
pub(crate) fn all_set() -> [Rule; 4] {
    [
        volumes(true),
        snapshots("block-all-sharing", ManagedBy::Account),
        images("block-new-sharing", ManagedBy::Account),
        metadata(Some(HttpTokensState::Required), ManagedBy::Account),
    ]
}

/// The responses of a new account, which already blocks public AMIs (EC2 User Guide, "Understand block public access
/// for AMIs").
fn fresh() -> [Rule; 4] {
    [
        volumes(false),
        snapshots("unblocked", ManagedBy::Account),
        images("block-new-sharing", ManagedBy::Account),
        no_metadata_defaults(),
    ]
}

/// The same responses, and those to the changes.
pub(crate) fn fresh_set() -> [Rule; 7] {
    let [volumes, snapshots, images, metadata] = fresh();
    [volumes, volumes_set(), snapshots, snapshots_set(), images, metadata, metadata_set()]
}

/// The read-back of the setting whose new state AWS did not return.
pub(crate) fn fresh_read_back() -> [Rule; 1] {
    [metadata(Some(HttpTokensState::Required), ManagedBy::Account)]
}

/// Only the public access block for AMIs is not set, and then it is set.
pub(crate) fn images_blocked() -> Vec<Rule> {
    all_set_but(2, [images("unblocked", ManagedBy::Account), images_set()])
}

fn settings(age: Duration, rules: &[Rule]) -> Settings {
    let propagation_end = vending_core::propagation_end(OffsetDateTime::now_utc() - age);
    Settings::new("eu-west-1", mock_client!(aws_sdk_ec2, RuleMode::Sequential, rules), propagation_end)
}

fn assert_all_called(rules: &[Rule]) {
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

/// Converges. Asserts that each rule is called once.
async fn converge(rules: &[Rule]) -> (Vec<String>, RegionReport) {
    let changes = Changes::apply();
    let report = settings(Duration::ZERO, rules).converge(&changes).await.unwrap();
    assert_all_called(rules);
    (changes.into_names(), report)
}

/// Converges and reads back. Asserts that each rule is called once in both together.
async fn read_back(rules: &[Rule]) -> Result<(RegionReport, Vec<String>), StepError> {
    let settings = &settings(Duration::ZERO, rules);
    let converge = |changes| async move { settings.converge(&changes).await };
    let converged = Changes::apply_and_read_back(converge).await;
    assert_all_called(rules);
    converged
}

async fn failure(age: Duration, rules: &[Rule]) -> StepError {
    let error = settings(age, rules).converge(&Changes::apply()).await.unwrap_err();
    assert_all_called(rules);
    error
}

/// All settings are set, except one, which has other calls.
fn all_set_but(index: usize, calls: impl IntoIterator<Item = Rule>) -> Vec<Rule> {
    let mut rules = Vec::from(all_set());
    rules.splice(index..=index, calls);
    rules
}

#[tokio::test]
async fn new_region_takes_eight_calls() {
    let rules: Vec<Rule> = fresh_set().into_iter().chain(fresh_read_back()).collect();
    let (report, changes) = read_back(&rules).await.unwrap();
    assert_eq!(
        changes,
        [
            "eu-west-1: set the encryption of new EBS volumes",
            "eu-west-1: set the public access block for EBS snapshots",
            "eu-west-1: set IMDSv2 as the default",
        ]
    );
    assert!(report.notes.is_empty());
    assert!(!report.pending);
}

#[tokio::test]
async fn region_with_all_settings_is_only_read() {
    let (changes, report) = converge(&all_set()).await;
    assert!(changes.is_empty());
    assert!(report.notes.is_empty());
}

#[tokio::test]
async fn state_missing_in_response_is_read_back() {
    let account = ManagedBy::Account;
    let set_volumes = |is_enabled| {
        mock!(Client::enable_ebs_encryption_by_default).then_output(move || {
            EnableEbsEncryptionByDefaultOutput::builder().set_ebs_encryption_by_default(is_enabled).build()
        })
    };
    let of_snapshots = |change| (1, snapshots("unblocked", account.clone()), change, "block-all-sharing");
    for (index, unset, change, shown) in [
        (0, volumes(false), set_volumes(None), "true"),
        (0, volumes(false), set_volumes(Some(false)), "false"),
        of_snapshots(set_snapshots(None)),
        of_snapshots(set_snapshots(Some(SnapshotBlockPublicAccessState::BlockNewSharing))),
        (1, snapshots("unblocked", account.clone()), set_snapshots(None), "unblocked"),
        (2, images("unblocked", account.clone()), set_images(None), "block-new-sharing"),
        (2, images("unblocked", account.clone()), set_images(Some("unblocked".into())), "unblocked"),
    ] {
        let mut rules = all_set_but(index, [unset, change]);
        rules.push(match index {
            0 => volumes(shown == "true"),
            1 => snapshots(shown, account.clone()),
            _ => images(shown, account.clone()),
        });
        let read_back = read_back(&rules).await;
        let is_missing = ["false", "unblocked"].contains(&shown);
        assert_eq!(read_back.as_ref().is_err(), is_missing, "setting {index}: {shown}");
        match read_back {
            Ok((report, made)) => assert!(!report.pending && made.len() == 1),
            Err(error) => assert_eq!(error.code(), ErrorCode::NotReady, "{error}"),
        }
    }
}

#[tokio::test]
async fn each_setting_is_set_by_one_call() {
    let account = ManagedBy::Account;
    for (index, unset, set, name) in [
        (0, volumes(false), volumes_set(), "the encryption of new EBS volumes"),
        (1, snapshots("unblocked", account.clone()), snapshots_set(), "the public access block for EBS snapshots"),
        (
            1,
            snapshots("block-new-sharing", account.clone()),
            snapshots_set(),
            "the public access block for EBS snapshots",
        ),
        (2, images("unblocked", account.clone()), images_set(), "the public access block for AMIs"),
        (3, no_metadata_defaults(), metadata_set(), "IMDSv2 as the default"),
        (3, metadata(None, account.clone()), metadata_set(), "IMDSv2 as the default"),
        (3, metadata(Some(HttpTokensState::Optional), account), metadata_set(), "IMDSv2 as the default"),
    ] {
        let (changes, _) = converge(&all_set_but(index, [unset, set])).await;
        assert_eq!(changes, [format!("eu-west-1: set {name}")]);
    }
}

#[tokio::test]
async fn plan_sets_nothing() {
    let rules = fresh();
    let changes = Changes::plan();
    settings(Duration::ZERO, &rules).converge(&changes).await.unwrap();
    assert_all_called(&rules);
    assert_eq!(changes.into_names().len(), 3);
}

#[tokio::test]
async fn weak_declarative_policy_is_noted() {
    let policy = ManagedBy::DeclarativePolicy;
    let strict = [
        volumes(true),
        snapshots("block-all-sharing", policy.clone()),
        images("block-new-sharing", policy.clone()),
        metadata(Some(HttpTokensState::Required), policy.clone()),
    ];
    let (changes, report) = converge(&strict).await;
    assert!(changes.is_empty() && report.notes.is_empty(), "{changes:?} {report:?}");

    let lax = [
        volumes(true),
        snapshots("block-new-sharing", policy.clone()),
        images("unblocked", policy.clone()),
        metadata(Some(HttpTokensState::Optional), policy),
    ];
    let (changes, report) = converge(&lax).await;
    assert!(changes.is_empty(), "{changes:?}");
    assert!(!report.pending);
    let note = |name| format!("eu-west-1: could not set {name}: a declarative policy of the organization controls it");
    assert_eq!(
        report.notes,
        ["the public access block for EBS snapshots", "the public access block for AMIs", "IMDSv2 as the default"]
            .map(note)
    );
}

#[tokio::test]
async fn ami_public_access_block_is_pending() {
    let (report, made) = read_back(&images_blocked()).await.unwrap();
    assert_eq!(made, ["eu-west-1: set the public access block for AMIs"]);
    assert!(report.pending);
    assert_eq!(
        report.notes,
        ["eu-west-1: set the public access block for AMIs; AWS can take up to 10 minutes to show it"]
    );
}

#[tokio::test]
async fn region_that_is_not_ready_is_retried() {
    use ErrorCode::{AccessDenied, NotReady, ServiceNotActivated, Unexpected};
    for (code, fresh, later) in [
        ("OptInRequired", NotReady, ServiceNotActivated),
        ("AuthFailure", NotReady, AccessDenied),
        ("UnauthorizedOperation", NotReady, AccessDenied),
        ("SomethingNew", Unexpected, Unexpected),
    ] {
        for (age, expected) in [(Duration::ZERO, fresh), (Duration::DAY, later)] {
            let rule = mock!(Client::get_ebs_encryption_by_default).then_http_response(move || error_response(code));
            let error = failure(age, &[rule]).await;
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
            assert!(error.to_string().contains(code), "{error}");
        }
    }
}

#[tokio::test]
async fn every_denied_call_is_reported() {
    let denied = || error_response("UnauthorizedOperation");
    let account = || ManagedBy::Account;
    let reads: [(usize, Rule, &str); 4] = [
        (0, mock!(Client::get_ebs_encryption_by_default).then_http_response(denied), "EBS encryption"),
        (1, mock!(Client::get_snapshot_block_public_access_state).then_http_response(denied), "EBS snapshots"),
        (2, mock!(Client::get_image_block_public_access_state).then_http_response(denied), "public AMIs"),
        (3, mock!(Client::get_instance_metadata_defaults).then_http_response(denied), "instance metadata"),
    ];
    for (index, rule, action) in reads {
        let mut rules = all_set_but(index, [rule]);
        rules.truncate(index + 1);
        let error = failure(Duration::DAY, &rules).await;
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.to_string().contains(action), "{error}");
    }

    let changes: [(usize, Rule, Rule, &str); 4] = [
        (0, volumes(false), mock!(Client::enable_ebs_encryption_by_default).then_http_response(denied), "enable EBS"),
        (
            1,
            snapshots("unblocked", account()),
            mock!(Client::enable_snapshot_block_public_access).then_http_response(denied),
            "block public EBS snapshots",
        ),
        (
            2,
            images("unblocked", account()),
            mock!(Client::enable_image_block_public_access).then_http_response(denied),
            "block public AMIs",
        ),
        (
            3,
            no_metadata_defaults(),
            mock!(Client::modify_instance_metadata_defaults).then_http_response(denied),
            "require IMDSv2",
        ),
    ];
    for (index, unset, rule, action) in changes {
        let mut rules = all_set_but(index, [unset, rule]);
        rules.truncate(index + 2);
        let error = failure(Duration::DAY, &rules).await;
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.to_string().contains(action), "{error}");
    }
}
