//! Budgets, all of it: moto cannot update them, and does not tell who is notified.

mod notifications;
mod subscribers;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::call::{Call, Outcome, Places, page};
use crate::faults::AwsError;
use notifications::Notification;

/// By name. Budgets are the same in every region.
#[derive(Default)]
pub(super) struct Budgets(Places<Named>);

type Named = BTreeMap<String, Budget>;

struct Budget {
    /// As Budgets tells of it.
    told: Value,
    notifications: Vec<Notification>,
}

impl Budgets {
    pub(super) fn answer(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation: fn(&mut Named, &Call<'_>) -> Outcome = match call.request.operation.as_str() {
            "CreateBudget" => create,
            "DescribeBudget" => |budgets, call| Ok(json!({"Budget": of_call(budgets, call)?.told})),
            "DescribeBudgets" => |budgets, call| Ok(describe_all(budgets, call)),
            "UpdateBudget" => update,
            "DeleteBudget" => delete,
            "CreateNotification" => |budgets, call| of_call(budgets, call)?.create_notification(call),
            "UpdateNotification" => |budgets, call| of_call(budgets, call)?.update_notification(call),
            "DeleteNotification" => |budgets, call| of_call(budgets, call)?.delete_notification(call),
            "DescribeNotificationsForBudget" => {
                |budgets, call| Ok(of_call(budgets, call)?.describe_notifications(call))
            }
            "CreateSubscriber" => |budgets, call| of_call(budgets, call)?.notification(call)?.create_subscriber(call),
            "UpdateSubscriber" => |budgets, call| of_call(budgets, call)?.notification(call)?.update_subscriber(call),
            "DeleteSubscriber" => |budgets, call| of_call(budgets, call)?.notification(call)?.delete_subscriber(call),
            "DescribeSubscribersForNotification" => {
                |budgets, call| Ok(of_call(budgets, call)?.notification(call)?.describe_subscribers(call))
            }
            _ => return None,
        };
        if call.text("AccountId") != call.account {
            let message = format!("Account {} may not act on budgets of another account.", call.account);
            return Some(Err(AwsError::new(400, "AccessDeniedException", &message)));
        }
        Some(self.0.everywhere(call.account, |budgets| operation(budgets, call)))
    }
}

fn create(budgets: &mut Named, call: &Call<'_>) -> Outcome {
    let wanted = call.value("Budget");
    let name = wanted["BudgetName"].as_str().filter(|name| is_name(name));
    let name = name.ok_or_else(|| invalid("BudgetName must have 1 to 100 characters, and no : or \\."))?;
    if budgets.contains_key(name) {
        return Err(duplicate(&format!("Error creating budget: {name} - the budget already exists.")));
    }
    let mut budget = Budget { told: complete(wanted)?, notifications: Vec::new() };
    for wanted in call.value("NotificationsWithSubscribers").as_array().into_iter().flatten() {
        budget.add_notification(&wanted["Notification"], &wanted["Subscribers"])?;
    }
    budgets.insert(name.to_owned(), budget);
    Ok(json!({}))
}

fn update(budgets: &mut Named, call: &Call<'_>) -> Outcome {
    let wanted = call.value("NewBudget");
    let name = wanted["BudgetName"].as_str().unwrap_or_default();
    let budget = budgets.get_mut(name).ok_or_else(|| missing_budget(name))?;
    budget.told = complete(wanted)?;
    Ok(json!({}))
}

fn delete(budgets: &mut Named, call: &Call<'_>) -> Outcome {
    let name = call.text("BudgetName");
    budgets.remove(name).map(|_| json!({})).ok_or_else(|| missing_budget(name))
}

fn describe_all(budgets: &Named, call: &Call<'_>) -> Value {
    let all = budgets.values().map(|budget| budget.told.clone()).collect();
    let (budgets, next) = pages(all, call);
    json!({"Budgets": budgets, "NextToken": next})
}

fn of_call<'a>(budgets: &'a mut Named, call: &Call<'_>) -> Result<&'a mut Budget, AwsError> {
    let name = call.text("BudgetName");
    budgets.get_mut(name).ok_or_else(|| missing_budget(name))
}

/// With what AWS fills in.
fn complete(wanted: &Value) -> Outcome {
    const NEVER: i64 = 3_706_473_600;
    if wanted["BudgetType"].is_null() || wanted["TimeUnit"].is_null() {
        return Err(invalid("BudgetType and TimeUnit are required."));
    }
    let mut told = wanted.clone();
    let now = OffsetDateTime::now_utc();
    if told["TimePeriod"]["Start"].is_null() {
        let start = now.replace_day(1).unwrap_or(now).date().midnight().assume_utc().unix_timestamp();
        told["TimePeriod"] = json!({"Start": start, "End": NEVER});
    } else if told["TimePeriod"]["End"].is_null() {
        told["TimePeriod"]["End"] = json!(NEVER);
    }
    let unit = told["BudgetLimit"]["Unit"].as_str().unwrap_or("USD").to_owned();
    told["CalculatedSpend"] = json!({"ActualSpend": {"Amount": "0.0", "Unit": unit}});
    told["LastUpdatedTime"] = json!(now.unix_timestamp());
    if told["CostTypes"].is_null() && told["BudgetType"] == "COST" && told["Metrics"].is_null() {
        told["CostTypes"] = cost_types();
    }
    Ok(told)
}

fn cost_types() -> Value {
    json!({
        "IncludeTax": true,
        "IncludeSubscription": true,
        "UseBlended": false,
        "IncludeRefund": true,
        "IncludeCredit": true,
        "IncludeUpfront": true,
        "IncludeRecurring": true,
        "IncludeOtherSubscription": true,
        "IncludeSupport": true,
        "IncludeDiscount": true,
        "UseAmortized": false,
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= 100 && !name.contains([':', '\\'])
}

fn pages(all: Vec<Value>, call: &Call<'_>) -> (Vec<Value>, Value) {
    page(all, call.request.text("NextToken"), call.value("MaxResults").as_u64(), 100)
}

fn missing_budget(name: &str) -> AwsError {
    missing(&format!("Unable to get budget: {name} - the budget doesn't exist."))
}

fn missing(message: &str) -> AwsError {
    AwsError::new(400, "NotFoundException", message)
}

fn duplicate(message: &str) -> AwsError {
    AwsError::new(400, "DuplicateRecordException", message)
}

fn invalid(message: &str) -> AwsError {
    AwsError::new(400, "InvalidParameterException", message)
}

fn too_many(message: &str) -> AwsError {
    AwsError::new(400, "CreationLimitExceededException", message)
}
