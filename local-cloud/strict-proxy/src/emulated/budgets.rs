//! AWS Budgets: moto cannot update budgets and does not return their subscribers.

mod errors;
mod notifications;
mod subscribers;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::call::{Call, Outcome, ScopedState};
use crate::wire::AwsError;
use errors::{duplicate, invalid, missing};
use notifications::Notifications;

/// Budgets by name. AWS Budgets is a global service.
#[derive(Default)]
pub(super) struct Budgets(ScopedState<Named>);

type Named = BTreeMap<String, Budget>;

struct Budget {
    /// The fields that AWS Budgets returns.
    fields: Value,
    notifications: Notifications,
}

impl Budgets {
    pub(super) fn handle(&self, call: &Call<'_>) -> Option<Outcome> {
        let operation: fn(&mut Named, &Call<'_>) -> Outcome = match call.request.operation.as_str() {
            "CreateBudget" => create,
            "DescribeBudget" => |budgets, call| Ok(json!({"Budget": find_budget(budgets, call)?.fields})),
            "DescribeBudgets" => |budgets, call| Ok(describe_all(budgets, call)),
            "UpdateBudget" => update,
            "DeleteBudget" => delete,
            "CreateNotification" => |budgets, call| notifications(budgets, call)?.create(call),
            "UpdateNotification" => |budgets, call| notifications(budgets, call)?.update(call),
            "DeleteNotification" => |budgets, call| notifications(budgets, call)?.delete(call),
            "DescribeNotificationsForBudget" => |budgets, call| Ok(notifications(budgets, call)?.describe(call)),
            "CreateSubscriber" => |budgets, call| notifications(budgets, call)?.subscribers(call)?.create(call),
            "UpdateSubscriber" => |budgets, call| notifications(budgets, call)?.subscribers(call)?.update(call),
            "DeleteSubscriber" => |budgets, call| notifications(budgets, call)?.subscribers(call)?.delete(call),
            "DescribeSubscribersForNotification" => {
                |budgets, call| Ok(notifications(budgets, call)?.subscribers(call)?.describe(call))
            }
            _ => return None,
        };
        if call.string("AccountId") != call.account {
            let message = format!("Account {} is not authorized to access budgets of another account.", call.account);
            return Some(Err(AwsError::new(400, "AccessDeniedException", &message)));
        }
        Some(self.0.global(call.account, |budgets| operation(budgets, call)))
    }
}

fn create(budgets: &mut Named, call: &Call<'_>) -> Outcome {
    let wanted = call.value("Budget");
    let name = wanted["BudgetName"].as_str().filter(|name| is_name(name));
    let name = name.ok_or_else(|| invalid("BudgetName must have 1 to 100 characters, and no : or \\."))?;
    if budgets.contains_key(name) {
        return Err(duplicate(&format!("Error creating budget: {name} - the budget already exists.")));
    }
    let mut budget = Budget { fields: complete(wanted)?, notifications: Notifications::default() };
    for wanted in call.value("NotificationsWithSubscribers").as_array().into_iter().flatten() {
        budget.notifications.add(&wanted["Notification"], &wanted["Subscribers"])?;
    }
    budgets.insert(name.to_owned(), budget);
    Ok(json!({}))
}

fn update(budgets: &mut Named, call: &Call<'_>) -> Outcome {
    let wanted = call.value("NewBudget");
    let name = wanted["BudgetName"].as_str().unwrap_or_default();
    let budget = budgets.get_mut(name).ok_or_else(|| missing_budget(name))?;
    budget.fields = complete(wanted)?;
    Ok(json!({}))
}

fn delete(budgets: &mut Named, call: &Call<'_>) -> Outcome {
    let name = call.string("BudgetName");
    budgets.remove(name).map(|_| json!({})).ok_or_else(|| missing_budget(name))
}

fn describe_all(budgets: &Named, call: &Call<'_>) -> Value {
    let all = budgets.values().map(|budget| budget.fields.clone()).collect();
    let (budgets, next) = call.page(all, 100);
    json!({"Budgets": budgets, "NextToken": next})
}

fn find_budget<'a>(budgets: &'a mut Named, call: &Call<'_>) -> Result<&'a mut Budget, AwsError> {
    let name = call.string("BudgetName");
    budgets.get_mut(name).ok_or_else(|| missing_budget(name))
}

fn notifications<'a>(budgets: &'a mut Named, call: &Call<'_>) -> Result<&'a mut Notifications, AwsError> {
    Ok(&mut find_budget(budgets, call)?.notifications)
}

/// Adds the fields that AWS sets.
fn complete(wanted: &Value) -> Outcome {
    const NEVER: i64 = 3_706_473_600;
    if wanted["BudgetType"].is_null() || wanted["TimeUnit"].is_null() {
        return Err(invalid("BudgetType and TimeUnit are required."));
    }
    let mut fields = wanted.clone();
    let now = OffsetDateTime::now_utc();
    if fields["TimePeriod"]["Start"].is_null() {
        let start = now.replace_day(1).unwrap_or(now).date().midnight().assume_utc().unix_timestamp();
        fields["TimePeriod"] = json!({"Start": start, "End": NEVER});
    } else if fields["TimePeriod"]["End"].is_null() {
        fields["TimePeriod"]["End"] = json!(NEVER);
    }
    let unit = fields["BudgetLimit"]["Unit"].as_str().unwrap_or("USD").to_owned();
    fields["CalculatedSpend"] = json!({"ActualSpend": {"Amount": "0.0", "Unit": unit}});
    fields["LastUpdatedTime"] = json!(now.unix_timestamp());
    if fields["CostTypes"].is_null() && fields["BudgetType"] == "COST" && fields["Metrics"].is_null() {
        fields["CostTypes"] = cost_types();
    }
    Ok(fields)
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

fn missing_budget(name: &str) -> AwsError {
    missing(&format!("Unable to get budget: {name} - the budget doesn't exist."))
}
