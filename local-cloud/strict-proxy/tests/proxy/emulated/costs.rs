//! Budgets.

use serde_json::{Value, json};

use super::{Caller, ONE, TWO, cloud};
use crate::cloud::code;

const EMAIL: &str = "finance@example.com";

fn notification(threshold: f64) -> Value {
    json!({"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": threshold})
}

fn subscriber(address: &str) -> Value {
    json!({"SubscriptionType": "EMAIL", "Address": address})
}

fn budget(amount: &str) -> Value {
    let limit = json!({"Amount": amount, "Unit": "USD"});
    json!({"BudgetName": "monthly", "BudgetLimit": limit, "TimeUnit": "MONTHLY", "BudgetType": "COST"})
}

/// Calls AWS Budgets with the parameters that identify the budget.
async fn call(caller: &Caller<'_>, operation: &str, more: Value) -> (u16, Value) {
    let mut parameters = json!({"AccountId": ONE, "BudgetName": "monthly"});
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    caller.json("budgets", operation, parameters).await
}

#[tokio::test]
async fn budget_is_created_updated_and_deleted() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    assert_eq!(code(&call(&one, "DescribeBudget", json!({})).await), "NotFoundException");
    assert_eq!(call(&one, "CreateBudget", json!({"Budget": budget("10")})).await.0, 200);
    assert_eq!(code(&call(&one, "CreateBudget", json!({"Budget": budget("10")})).await), "DuplicateRecordException");
    let (_, created) = call(&one, "DescribeBudget", json!({})).await;
    assert_eq!(
        (&created["Budget"]["BudgetLimit"]["Amount"], &created["Budget"]["CostTypes"]["IncludeTax"]),
        (&json!("10"), &json!(true))
    );
    assert_eq!(call(&one, "UpdateBudget", json!({"NewBudget": budget("20")})).await.0, 200);
    let (_, listed) = one.in_region("eu-west-1").json("budgets", "DescribeBudgets", json!({"AccountId": ONE})).await;
    assert_eq!(listed["Budgets"][0]["BudgetLimit"]["Amount"], "20");

    let two = Caller::in_account(&cloud, TWO).await;
    assert_eq!(code(&call(&two, "DescribeBudget", json!({})).await), "AccessDeniedException");
    let (_, listed) = two.json("budgets", "DescribeBudgets", json!({"AccountId": TWO})).await;
    assert_eq!(listed["Budgets"], json!([]));
    assert_eq!(call(&one, "DeleteBudget", json!({})).await.0, 200);
    assert_eq!(code(&call(&one, "UpdateBudget", json!({"NewBudget": budget("20")})).await), "NotFoundException");
}

#[tokio::test]
async fn notifications_are_identified_by_their_fields() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let with = json!([{"Notification": notification(80.0), "Subscribers": [subscriber(EMAIL)]}]);
    call(&one, "CreateBudget", json!({"Budget": budget("10"), "NotificationsWithSubscribers": with})).await;
    let listed = async || call(&one, "DescribeNotificationsForBudget", json!({})).await.1["Notifications"].take();
    let shown = |threshold: f64| {
        let mut shown = notification(threshold);
        shown["ThresholdType"] = json!("PERCENTAGE");
        shown["NotificationState"] = json!("OK");
        shown
    };
    assert_eq!(listed().await, json!([shown(80.0)]));

    let again = json!({"Notification": notification(80.0), "Subscribers": [subscriber(EMAIL)]});
    assert_eq!(code(&call(&one, "CreateNotification", again).await), "DuplicateRecordException");
    let change = json!({"OldNotification": notification(80.0), "NewNotification": notification(90.0)});
    assert_eq!(call(&one, "UpdateNotification", change.clone()).await.0, 200);
    assert_eq!(code(&call(&one, "UpdateNotification", change).await), "NotFoundException");
    assert_eq!(listed().await, json!([shown(90.0)]));
    assert_eq!(call(&one, "DeleteNotification", json!({"Notification": notification(90.0)})).await.0, 200);
    assert_eq!(listed().await, json!([]));
}

#[tokio::test]
async fn subscribers_are_created_updated_and_deleted() {
    let cloud = cloud().await;
    let one = Caller::in_account(&cloud, ONE).await;
    let with = json!([{"Notification": notification(80.0), "Subscribers": [subscriber(EMAIL)]}]);
    call(&one, "CreateBudget", json!({"Budget": budget("10"), "NotificationsWithSubscribers": with})).await;
    let of_notification = async |operation: &str, mut more: Value| {
        more["Notification"] = notification(80.0);
        call(&one, operation, more).await
    };
    let add = |address: &str| json!({"Subscriber": subscriber(address)});
    assert_eq!(code(&of_notification("CreateSubscriber", add(EMAIL)).await), "DuplicateRecordException");
    assert_eq!(of_notification("CreateSubscriber", add("team@example.com")).await.0, 200);
    let change = json!({"OldSubscriber": subscriber(EMAIL), "NewSubscriber": subscriber("new@example.com")});
    assert_eq!(of_notification("UpdateSubscriber", change).await.0, 200);
    assert_eq!(code(&of_notification("DeleteSubscriber", add(EMAIL)).await), "NotFoundException");
    assert_eq!(of_notification("DeleteSubscriber", add("team@example.com")).await.0, 200);
    let (_, listed) = of_notification("DescribeSubscribersForNotification", json!({})).await;
    assert_eq!(listed["Subscribers"], json!([subscriber("new@example.com")]));
    let missing = json!({"Notification": notification(1.0)});
    assert_eq!(code(&call(&one, "DescribeSubscribersForNotification", missing).await), "NotFoundException");
}
