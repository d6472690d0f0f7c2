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

pub(crate) fn refusal(code: &str) -> Response {
    refusal_in_words(code, "AWS says so")
}

pub(crate) fn refusal_in_words(code: &str, words: &str) -> Response {
    let body =
        format!("<Response><Errors><Error><Code>{code}</Code><Message>{words}</Message></Error></Errors></Response>");
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
    snapshots_answer(Some(SnapshotBlockPublicAccessState::BlockAllSharing))
}

fn snapshots_answer(state: Option<SnapshotBlockPublicAccessState>) -> Rule {
    mock!(Client::enable_snapshot_block_public_access)
        .match_requests(|request| request.state() == Some(&SnapshotBlockPublicAccessState::BlockAllSharing))
        .then_output(move || EnableSnapshotBlockPublicAccessOutput::builder().set_state(state.clone()).build())
}

fn images_set() -> Rule {
    images_answer(Some(ImageBlockPublicAccessEnabledState::BlockNewSharing))
}

fn images_answer(state: Option<ImageBlockPublicAccessEnabledState>) -> Rule {
    mock!(Client::enable_image_block_public_access)
        .match_requests(|request| {
            request.image_block_public_access_state() == Some(&ImageBlockPublicAccessEnabledState::BlockNewSharing)
        })
        .then_output(move || {
            let output = EnableImageBlockPublicAccessOutput::builder();
            output.set_image_block_public_access_state(state.clone()).build()
        })
}

/// Only the tokens: the hop limit and the rest stay as somebody set them.
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

/// What AWS answers in a region where all four are set.
pub(crate) fn all_set() -> [Rule; 4] {
    [
        volumes(true),
        snapshots("block-all-sharing", ManagedBy::Account),
        images("block-new-sharing", ManagedBy::Account),
        metadata(Some(HttpTokensState::Required), ManagedBy::Account),
    ]
}

/// What AWS answers in a new account, which has AMIs blocked (EC2 User Guide, "Understand block public access for AMIs").
pub(crate) fn fresh() -> [Rule; 4] {
    [
        volumes(false),
        snapshots("unblocked", ManagedBy::Account),
        images("block-new-sharing", ManagedBy::Account),
        no_metadata_defaults(),
    ]
}

pub(crate) fn fresh_set() -> [Rule; 3] {
    [volumes_set(), snapshots_set(), metadata_set()]
}

/// What the read-back asks for: what AWS did not state in its answers.
pub(crate) fn fresh_read_back() -> [Rule; 1] {
    [metadata(Some(HttpTokensState::Required), ManagedBy::Account)]
}

/// Only the AMIs are not blocked, and then they are.
pub(crate) fn images_blocked() -> Vec<Rule> {
    let mut rules = all_set_but(2, images("unblocked", ManagedBy::Account));
    rules.push(images_set());
    rules
}

fn settings(age: Duration, rules: &[Rule]) -> Settings {
    let ready_by = vending_core::ready_by(OffsetDateTime::now_utc() - age);
    Settings::new("eu-west-1", mock_client!(aws_sdk_ec2, RuleMode::Sequential, rules), ready_by)
}

fn assert_all_called(rules: &[Rule]) {
    for (index, rule) in rules.iter().enumerate() {
        assert_eq!(rule.num_calls(), 1, "calls of rule {index}");
    }
}

/// Every rule is called once, in order, and nothing else is called.
async fn converge(rules: &[Rule]) -> (Vec<String>, Remarks) {
    let changes = Changes::to_make();
    let remarks = settings(Duration::ZERO, rules).converge(&changes).await.unwrap();
    assert_all_called(rules);
    (changes.into_list(), remarks)
}

/// The same with the look that reads back; answers what was made, and the differences that are left.
async fn converge_twice(rules: &[Rule]) -> (Vec<String>, Vec<String>, Remarks) {
    let settings = settings(Duration::ZERO, rules);
    let (made, left) = (Changes::to_make(), Changes::to_list());
    settings.converge(&made).await.unwrap();
    let remarks = settings.converge(&left).await.unwrap();
    assert_all_called(rules);
    (made.into_list(), left.into_list(), remarks)
}

async fn refused(age: Duration, rules: &[Rule]) -> StepError {
    let error = settings(age, rules).converge(&Changes::to_make()).await.unwrap_err();
    assert_all_called(rules);
    error
}

/// What is set, but for one.
fn all_set_but(index: usize, rule: Rule) -> Vec<Rule> {
    let mut rules = Vec::from(all_set());
    rules[index] = rule;
    rules
}

#[tokio::test]
async fn a_fresh_region_takes_four_looks_three_changes_and_one_read() {
    let rules: Vec<Rule> = fresh().into_iter().chain(fresh_set()).chain(fresh_read_back()).collect();
    let (changes, left, remarks) = converge_twice(&rules).await;
    assert_eq!(
        changes,
        [
            "eu-west-1: set the encryption of new EBS volumes",
            "eu-west-1: set the block of public EBS snapshots",
            "eu-west-1: set IMDSv2 as the default",
        ]
    );
    assert!(left.is_empty());
    assert!(remarks.notes.is_empty());
    assert!(!remarks.pending);
}

#[tokio::test]
async fn a_region_with_all_set_is_only_read() {
    let (changes, remarks) = converge(&all_set()).await;
    assert!(changes.is_empty());
    assert!(remarks.notes.is_empty());
}

#[tokio::test]
async fn what_aws_does_not_state_in_its_answer_is_read_back() {
    let account = ManagedBy::Account;
    let volumes_answer = |answer| {
        mock!(Client::enable_ebs_encryption_by_default).then_output(move || {
            EnableEbsEncryptionByDefaultOutput::builder().set_ebs_encryption_by_default(answer).build()
        })
    };
    let of_snapshots = |change| (1, snapshots("unblocked", account.clone()), change, "block-all-sharing");
    for (index, unset, change, shown) in [
        (0, volumes(false), volumes_answer(None), "true"),
        (0, volumes(false), volumes_answer(Some(false)), "false"),
        of_snapshots(snapshots_answer(None)),
        of_snapshots(snapshots_answer(Some(SnapshotBlockPublicAccessState::BlockNewSharing))),
        (1, snapshots("unblocked", account.clone()), snapshots_answer(None), "unblocked"),
        (2, images("unblocked", account.clone()), images_answer(None), "block-new-sharing"),
        (2, images("unblocked", account.clone()), images_answer(Some("unblocked".into())), "unblocked"),
    ] {
        let mut rules = all_set_but(index, unset);
        rules.push(change);
        rules.push(match index {
            0 => volumes(shown == "true"),
            1 => snapshots(shown, account.clone()),
            _ => images(shown, account.clone()),
        });
        let (made, left, remarks) = converge_twice(&rules).await;
        assert_eq!(made.len(), 1);
        assert_eq!(left.len(), usize::from(["false", "unblocked"].contains(&shown)), "setting {index}: {shown}");
        assert!(!remarks.pending);
    }
}

#[tokio::test]
async fn each_setting_alone_is_set_by_one_call() {
    let account = ManagedBy::Account;
    for (index, unset, set, name) in [
        (0, volumes(false), volumes_set(), "the encryption of new EBS volumes"),
        (1, snapshots("unblocked", account.clone()), snapshots_set(), "the block of public EBS snapshots"),
        (1, snapshots("block-new-sharing", account.clone()), snapshots_set(), "the block of public EBS snapshots"),
        (2, images("unblocked", account.clone()), images_set(), "the block of public AMIs"),
        (3, no_metadata_defaults(), metadata_set(), "IMDSv2 as the default"),
        (3, metadata(None, account.clone()), metadata_set(), "IMDSv2 as the default"),
        (3, metadata(Some(HttpTokensState::Optional), account), metadata_set(), "IMDSv2 as the default"),
    ] {
        let mut rules = all_set_but(index, unset);
        rules.push(set);
        let (changes, _) = converge(&rules).await;
        assert_eq!(changes, [format!("eu-west-1: set {name}")]);
    }
}

#[tokio::test]
async fn a_look_alone_sets_nothing() {
    let rules = fresh();
    let changes = Changes::to_list();
    settings(Duration::ZERO, &rules).converge(&changes).await.unwrap();
    assert_all_called(&rules);
    assert_eq!(changes.into_list().len(), 3);
}

#[tokio::test]
async fn a_declarative_policy_is_left_alone_and_reported_where_it_is_not_strict_enough() {
    let policy = ManagedBy::DeclarativePolicy;
    let strict = [
        volumes(true),
        snapshots("block-all-sharing", policy.clone()),
        images("block-new-sharing", policy.clone()),
        metadata(Some(HttpTokensState::Required), policy.clone()),
    ];
    let (changes, remarks) = converge(&strict).await;
    assert!(changes.is_empty() && remarks.notes.is_empty(), "{changes:?} {remarks:?}");

    let lax = [
        volumes(true),
        snapshots("block-new-sharing", policy.clone()),
        images("unblocked", policy.clone()),
        metadata(Some(HttpTokensState::Optional), policy),
    ];
    let (changes, left, remarks) = converge_twice(&lax).await;
    assert!(changes.is_empty() && left.is_empty(), "{changes:?} {left:?}");
    assert!(!remarks.pending);
    let keeps = |what| format!("eu-west-1: a declarative policy of the organization keeps {what} from being set");
    assert_eq!(
        remarks.notes,
        ["the block of public EBS snapshots", "the block of public AMIs", "IMDSv2 as the default"].map(keeps)
    );
}

#[tokio::test]
async fn the_block_of_amis_is_pending_as_aws_takes_its_time() {
    let (made, left, remarks) = converge_twice(&images_blocked()).await;
    assert_eq!(made, ["eu-west-1: set the block of public AMIs"]);
    assert!(left.is_empty());
    assert!(remarks.pending);
    assert_eq!(remarks.notes, ["eu-west-1: AWS takes up to 10 minutes until the block of public AMIs shows"]);
}

#[tokio::test]
async fn a_region_that_is_not_ready_is_waited_for() {
    use ErrorCode::{AccessDenied, NotReady, Unexpected};
    for (code, fresh, settled) in [
        ("OptInRequired", NotReady, AccessDenied),
        ("AuthFailure", NotReady, AccessDenied),
        ("UnauthorizedOperation", NotReady, AccessDenied),
        ("SomethingNew", Unexpected, Unexpected),
    ] {
        for (age, expected) in [(Duration::ZERO, fresh), (Duration::DAY, settled)] {
            let rule = mock!(Client::get_ebs_encryption_by_default).then_http_response(move || refusal(code));
            let error = refused(age, &[rule]).await;
            assert_eq!(error.code(), expected, "{code} at the age of {age}");
            assert!(error.to_string().contains(code), "{error}");
        }
    }
}

#[tokio::test]
async fn every_call_can_be_refused() {
    let denied = || refusal("UnauthorizedOperation");
    let account = || ManagedBy::Account;
    let looks: [(usize, Rule, &str); 4] = [
        (0, mock!(Client::get_ebs_encryption_by_default).then_http_response(denied), "EBS encrypts"),
        (1, mock!(Client::get_snapshot_block_public_access_state).then_http_response(denied), "EBS snapshots"),
        (2, mock!(Client::get_image_block_public_access_state).then_http_response(denied), "public AMIs"),
        (3, mock!(Client::get_instance_metadata_defaults).then_http_response(denied), "instance metadata"),
    ];
    for (index, rule, doing) in looks {
        let mut rules = all_set_but(index, rule);
        rules.truncate(index + 1);
        let error = refused(Duration::DAY, &rules).await;
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.to_string().contains(doing), "{error}");
    }

    let changes: [(usize, Rule, Rule, &str); 4] = [
        (0, volumes(false), mock!(Client::enable_ebs_encryption_by_default).then_http_response(denied), "make EBS"),
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
            "ask for IMDSv2",
        ),
    ];
    for (index, unset, rule, doing) in changes {
        let mut rules = all_set_but(index, unset);
        rules.push(rule);
        let error = refused(Duration::DAY, &rules).await;
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert!(error.to_string().contains(doing), "{error}");
    }
}
