//! Events in the format of CloudTrail.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) fn creation_succeeded(
    management_account: &str,
    creation: &str,
    account: &str,
    now: OffsetDateTime,
) -> Value {
    let mut status = status(creation, "SUCCEEDED", now);
    status["accountId"] = account.into();
    result(management_account, creation, &status, now)
}

pub(super) fn creation_failed(management_account: &str, creation: &str, reason: &str, now: OffsetDateTime) -> Value {
    let mut status = status(creation, "FAILED", now);
    status["failureReason"] = reason.into();
    result(management_account, creation, &status, now)
}

/// AWS publishes no sample of this event, only its fields.
pub(super) fn joined(
    management_account: &str,
    creation: &str,
    account: &str,
    method: &str,
    now: OffsetDateTime,
) -> Value {
    let details = json!({
        "managementAccountId": management_account,
        "accountId": account,
        "joinedMethod": method,
        "joinedTime": cloudtrail_time(now),
    });
    event(management_account, creation, "AccountJoinedOrganization", &details, now)
}

/// AWS hides the name and the email.
fn status(creation: &str, state: &str, now: OffsetDateTime) -> Value {
    json!({
        "id": creation,
        "state": state,
        "accountName": "****",
        "requestedTimestamp": cloudtrail_time(now),
        "completedTimestamp": cloudtrail_time(now),
    })
}

fn result(management_account: &str, creation: &str, status: &Value, now: OffsetDateTime) -> Value {
    event(management_account, creation, "CreateAccountResult", &json!({"createAccountStatus": status}), now)
}

fn event(management_account: &str, creation: &str, name: &str, details: &Value, now: OffsetDateTime) -> Value {
    let time = now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default();
    json!({
        "version": "0",
        // Repeated deliveries of an event have the same ID.
        "id": format!("{name}-{creation}"),
        "detail-type": "AWS Service Event via CloudTrail",
        "source": "aws.organizations",
        "account": management_account,
        "time": time,
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventVersion": "1.08",
            "userIdentity": {"accountId": management_account, "invokedBy": "AWS Internal"},
            "eventTime": time,
            "eventSource": "organizations.amazonaws.com",
            "eventName": name,
            "awsRegion": "us-east-1",
            "sourceIPAddress": "AWS Internal",
            "userAgent": "AWS Internal",
            "requestParameters": null,
            "responseElements": null,
            "eventID": format!("{name}-{creation}"),
            "readOnly": false,
            "eventType": "AwsServiceEvent",
            "managementEvent": true,
            "recipientAccountId": management_account,
            "serviceEventDetails": details,
            "eventCategory": "Management",
        },
    })
}

/// Formats a time as in `May 15, 2023 8:26:54 AM`.
fn cloudtrail_time(time: OffsetDateTime) -> String {
    let month: String = time.month().to_string().chars().take(3).collect();
    let half = if time.hour() < 12 { "AM" } else { "PM" };
    let hour = (time.hour() + 11) % 12 + 1;
    format!("{month} {}, {} {hour}:{:02}:{:02} {half}", time.day(), time.year(), time.minute(), time.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    #[test]
    fn times_have_the_cloudtrail_format() {
        assert_eq!(cloudtrail_time(at(1_684_139_214)), "May 15, 2023 8:26:54 AM");
        assert_eq!(cloudtrail_time(at(1_684_108_800)), "May 15, 2023 12:00:00 AM");
        assert_eq!(cloudtrail_time(at(1_684_152_005)), "May 15, 2023 12:00:05 PM");
        assert_eq!(cloudtrail_time(at(1_684_184_705)), "May 15, 2023 9:05:05 PM");
    }

    #[test]
    fn result_event_hides_the_account_name() {
        let event = creation_succeeded("123456789012", "car-1", "111111111111", at(1_684_139_214));
        let status = &event["detail"]["serviceEventDetails"]["createAccountStatus"];
        assert_eq!((&status["state"], &status["accountId"]), (&json!("SUCCEEDED"), &json!("111111111111")));
        assert_eq!((&status["accountName"], &event["time"]), (&json!("****"), &json!("2023-05-15T08:26:54Z")));
        let event = creation_failed("123456789012", "car-1", "EMAIL_ALREADY_EXISTS", at(0));
        let status = &event["detail"]["serviceEventDetails"]["createAccountStatus"];
        assert_eq!((&status["failureReason"], status.get("accountId")), (&json!("EMAIL_ALREADY_EXISTS"), None));
    }

    #[test]
    fn joined_event_names_the_account() {
        let event = joined("123456789012", "car-1", "111111111111", "Created", at(0));
        assert_eq!(event["detail"]["eventName"], "AccountJoinedOrganization");
        assert_eq!(event["detail"]["serviceEventDetails"]["accountId"], "111111111111");
    }
}
