//! What people have to do before AWS creates or changes the organization.

use aws_sdk_organizations::error::SdkError;
use vending_core::{ErrorCode, StepError};
use vending_runtime::{AwsError, sdk_error};

/// What to do about a reason, and where.
///
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html>,
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnableAllFeatures.html>
const REMEDIES: [(&str, &str, &str); 11] = [
    ("MASTER_ACCOUNT_MISSING_CONTACT_INFO", "complete the address and the phone number of the account", ACCOUNT),
    ("MASTER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED", ADD_PAYMENT_METHOD, PAYMENT_METHODS),
    ("INVALID_PAYMENT_INSTRUMENT", ADD_PAYMENT_METHOD, PAYMENT_METHODS),
    ("PAYMENT_INSTRUMENT_REQUIRED", ADD_PAYMENT_METHOD, PAYMENT_METHODS),
    (
        "ACCOUNT_CREATION_NOT_COMPLETE",
        "complete the sign-up of the account, and wait until AWS has activated it",
        "https://repost.aws/knowledge-center/create-and-activate-aws-account",
    ),
    ("UNMET_BILLING_PREREQUISITE", "ask AWS Support to correct the billing of the account", SUPPORT),
    ("MASTER_ACCOUNT_MISSING_BUSINESS_LICENSE", "give AWS Support the business license of the account", SUPPORT),
    ("PAST_DUE_INVOICE", "pay the invoices that are past due", "https://console.aws.amazon.com/billing/home"),
    (
        "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED",
        "verify the email of the management account",
        "https://docs.aws.amazon.com/organizations/latest/userguide/about-email-verification.html",
    ),
    (
        "LEGACY_PERMISSIONS_STILL_IN_USE",
        "change the policies of the organization to the fine-grained actions for billing",
        "https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/migrate-granularaccess-whatis.html",
    ),
    ("HANDSHAKE_RATE_LIMIT_EXCEEDED", "wait a day", "https://console.aws.amazon.com/organizations/v2/home/settings"),
];

const ACCOUNT: &str = "https://console.aws.amazon.com/billing/home#/account";
const ADD_PAYMENT_METHOD: &str = "add a valid payment method to the account";
const PAYMENT_METHODS: &str = "https://console.aws.amazon.com/billing/home#/paymentpreferences";
const SUPPORT: &str = "https://console.aws.amazon.com/support/home";

/// The error of a constraint of AWS that is not met.
pub(crate) fn violation(action: &str, reason: Option<&str>) -> StepError {
    let reason = reason.unwrap_or("no reason");
    let known = REMEDIES.iter().find(|(known, ..)| *known == reason).map(|(_, what, link)| (*what, *link));
    let (what, link) = known.unwrap_or(("resolve this with AWS Support", SUPPORT));
    let message = format!("could not {action}: AWS requires something else first: {reason}");
    let remedy = format!("{what} ({link}), then make a new plan and apply it");
    StepError::new(ErrorCode::InvalidConfiguration, message).with_remedy(remedy)
}

/// AWS Organizations may not create its service-linked role.
pub(crate) fn role_denied<E: AwsError>(action: &str, error: &SdkError<E>) -> StepError {
    let remedy = "allow iam:CreateServiceLinkedRole for organizations.amazonaws.com, then make a new plan and apply it";
    sdk_error(action, error).with_code(ErrorCode::AccessDenied).with_remedy(remedy)
}
