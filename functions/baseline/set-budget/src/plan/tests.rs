use aws_sdk_budgets::types::{AutoAdjustData, AutoAdjustType, TagValues};

use super::*;

const ACCOUNT: &str = "111111111111";

fn account(id: &str) -> ExpressionDimensionValues {
    ExpressionDimensionValues::builder().key(Dimension::LinkedAccount).values(id).build().unwrap()
}

fn filter(id: &str) -> Expression {
    Expression::builder().dimensions(account(id)).build()
}

fn spend(amount: &str, unit: &str) -> Spend {
    Spend::builder().amount(amount).unit(unit).build().unwrap()
}

fn desired_budget() -> Budget {
    Budget::builder()
        .budget_name("account-vending-111111111111")
        .budget_type(BudgetType::Cost)
        .time_unit(TimeUnit::Monthly)
        .budget_limit(spend("500.0", "USD"))
        .filter_expression(filter(ACCOUNT))
        .metrics(METRIC)
        .build()
        .unwrap()
}

fn is_up_to_date_with(edit: impl FnOnce(&mut Budget)) -> bool {
    let mut found = desired_budget();
    edit(&mut found);
    let name = found.budget_name.clone();
    let desired = Desired { name, account_id: ACCOUNT.to_owned(), amount_usd: 500, subscribers: BTreeSet::new() };
    is_up_to_date(&found, &desired)
}

#[test]
fn each_single_difference_is_detected() {
    assert!(is_up_to_date_with(|_| ()));
    let edits: [fn(&mut Budget); 9] = [
        |budget| budget.budget_type = BudgetType::Usage,
        |budget| budget.time_unit = TimeUnit::Daily,
        |budget| budget.budget_limit = None,
        |budget| budget.budget_limit = Some(spend("501", "USD")),
        |budget| budget.budget_limit = Some(spend("500", "EUR")),
        |budget| budget.budget_limit = Some(spend("plenty", "USD")),
        |budget| budget.planned_budget_limits = Some([("1".to_owned(), spend("500", "USD"))].into()),
        |budget| {
            let data = AutoAdjustData::builder().auto_adjust_type(AutoAdjustType::Forecast);
            budget.auto_adjust_data = Some(data.build().unwrap());
        },
        |budget| budget.metrics = None,
    ];
    for (index, edit) in edits.into_iter().enumerate() {
        assert!(!is_up_to_date_with(edit), "edit {index}");
    }
}

#[test]
fn any_metric_is_accepted() {
    assert!(is_up_to_date_with(|budget| budget.metrics = Some(vec![Metric::AmortizedCost])));
}

#[test]
fn equivalent_filters_are_accepted() {
    let mut equals = account(ACCOUNT);
    equals.match_options = Some(vec![MatchOption::Equals]);
    for equivalent in [
        Expression::builder().dimensions(equals).build(),
        Expression::builder().and(filter(ACCOUNT)).build(),
        Expression::builder().or(filter(ACCOUNT)).build(),
    ] {
        assert!(is_up_to_date_with(|budget| budget.filter_expression = Some(equivalent)));
    }
}

#[test]
fn filter_of_other_costs_is_a_difference() {
    let with = |edit: fn(&mut ExpressionDimensionValues)| {
        let mut dimension = account(ACCOUNT);
        edit(&mut dimension);
        Expression::builder().dimensions(dimension).build()
    };
    for wrong in [
        None,
        Some(Expression::builder().build()),
        Some(filter("222222222222")),
        Some(with(|account| account.values.push("222222222222".to_owned()))),
        Some(with(|account| account.key = Dimension::Service)),
        Some(with(|account| account.match_options = Some(vec![MatchOption::StartsWith]))),
        Some(Expression::builder().not(filter(ACCOUNT)).build()),
        Some(Expression::builder().and(filter(ACCOUNT)).and(filter(ACCOUNT)).build()),
        Some(Expression::builder().dimensions(account(ACCOUNT)).tags(TagValues::builder().build()).build()),
        Some(Expression::builder().dimensions(account(ACCOUNT)).and(filter(ACCOUNT)).build()),
    ] {
        assert!(!is_up_to_date_with(|budget| budget.filter_expression.clone_from(&wrong)), "{wrong:?}");
    }
}

#[test]
fn only_own_thresholds_match() {
    let notification = |edit: fn(&mut Notification)| {
        let mut notification = crate::types::notification(&THRESHOLDS[0]).unwrap();
        edit(&mut notification);
        notification
    };
    for own in [notification(|_| ()), notification(|notification| notification.threshold_type = None)] {
        assert!(THRESHOLDS[0].matches(&own));
    }
    for wrong in [
        notification(|notification| notification.threshold = 81.0),
        notification(|notification| notification.notification_type = NotificationType::Forecasted),
        notification(|notification| notification.comparison_operator = ComparisonOperator::LessThan),
        notification(|notification| notification.threshold_type = Some(ThresholdType::AbsoluteValue)),
    ] {
        assert!(!THRESHOLDS[0].matches(&wrong), "{wrong:?}");
    }
}

#[test]
fn subscribers_are_replaced_first() {
    use SubscriberChange::{Add, Remove, Replace};
    let changes = |found: &[&str], wanted: &[&str]| {
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let wanted: BTreeSet<String> = wanted.iter().map(ToString::to_string).collect();
        let changes = subscriber_changes(&found, &wanted);
        changes.iter().map(|change| format!("{change:?}")).collect::<Vec<_>>()
    };
    let debug =
        |changes: &[SubscriberChange<'_>]| changes.iter().map(|change| format!("{change:?}")).collect::<Vec<_>>();
    assert!(changes(&["a@b.c", "D@E.F"], &["a@b.c", "d@e.f"]).is_empty());
    assert_eq!(changes(&["old", "same"], &["new", "same"]), debug(&[Replace { from: "old", to: "new" }]));
    assert_eq!(changes(&["old"], &["a", "b"]), debug(&[Replace { from: "old", to: "a" }, Add("b")]));
    assert_eq!(changes(&["old", "older"], &["a"]), debug(&[Replace { from: "old", to: "a" }, Remove("older")]));
    assert_eq!(changes(&[], &["a"]), debug(&[Add("a")]));
    assert_eq!(changes(&["a", "b"], &["a"]), debug(&[Remove("b")]));
}
