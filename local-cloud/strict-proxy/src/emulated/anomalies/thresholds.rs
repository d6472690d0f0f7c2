//! The impact from which anomalies are reported.

use serde_json::{Value, json};

use super::invalid;
use crate::wire::AwsError;

const ABSOLUTE: &str = "ANOMALY_TOTAL_IMPACT_ABSOLUTE";
const PERCENTAGE: &str = "ANOMALY_TOTAL_IMPACT_PERCENTAGE";
const MAXIMUM: f64 = 10_000_000_000.0;

/// Checks the threshold of a subscription. `Threshold` is a shorthand for an expression.
pub(super) fn complete(subscription: &mut Value) -> Result<(), AwsError> {
    let (threshold, expression) = (&subscription["Threshold"], &subscription["ThresholdExpression"]);
    match (threshold.as_f64(), expression.is_null()) {
        (None, true) if threshold.is_null() => Err(invalid("Threshold and ThresholdExpression cannot both be null")),
        (Some(threshold), true) if threshold >= 0.0 => {
            subscription["ThresholdExpression"] = json!({"Dimensions": {
                "Key": ABSOLUTE, "MatchOptions": ["GREATER_THAN_OR_EQUAL"], "Values": [threshold.to_string()],
            }});
            Ok(())
        }
        (None, false) if threshold.is_null() => check(expression),
        (Some(_), false) => Err(invalid("Threshold and ThresholdExpression cannot both be specified")),
        _ => Err(invalid("Threshold must be a number that is not negative")),
    }
}

/// An expression is one dimension, or several that are joined by `And` or `Or`.
fn check(expression: &Value) -> Result<(), AwsError> {
    let fields = expression.as_object().map(|fields| fields.iter().filter(|(_, value)| !value.is_null()));
    let fields: Vec<_> = fields.into_iter().flatten().collect();
    match fields.as_slice() {
        [(name, dimension)] if *name == "Dimensions" => check_dimension(dimension),
        [(name, Value::Array(joined))] if ["And", "Or"].contains(&name.as_str()) && joined.len() > 1 => {
            joined.iter().try_for_each(check)
        }
        _ => Err(invalid("ThresholdExpression must have Dimensions, And, or Or")),
    }
}

fn check_dimension(dimension: &Value) -> Result<(), AwsError> {
    if ![ABSOLUTE, PERCENTAGE].iter().any(|key| dimension["Key"] == *key) {
        return Err(invalid(&format!("the Key of a ThresholdExpression must be {ABSOLUTE} or {PERCENTAGE}")));
    }
    if dimension["MatchOptions"] != json!(["GREATER_THAN_OR_EQUAL"]) {
        return Err(invalid("the MatchOptions of a ThresholdExpression must be GREATER_THAN_OR_EQUAL"));
    }
    let values = dimension["Values"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_amount = |value: &Value| {
        let amount = value.as_str().and_then(|value| value.parse::<f64>().ok());
        amount.is_some_and(|amount| (0.0..=MAXIMUM).contains(&amount))
    };
    match values {
        [value] if is_amount(value) => Ok(()),
        _ => Err(invalid("the Values of a ThresholdExpression must be one number from 0 to 10,000,000,000")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(key: &str, value: &str) -> Value {
        json!({"Dimensions": {"Key": key, "MatchOptions": ["GREATER_THAN_OR_EQUAL"], "Values": [value]}})
    }

    fn is_valid(subscription: &Value) -> bool {
        complete(&mut subscription.clone()).is_ok()
    }

    #[test]
    fn one_form_of_threshold_is_required() {
        let expression = from(ABSOLUTE, "100");
        assert!(is_valid(&json!({"ThresholdExpression": expression})));
        let mut shorthand = json!({"Threshold": 100.0});
        complete(&mut shorthand).unwrap();
        assert_eq!(shorthand["ThresholdExpression"], expression);
        for invalid in [json!({}), json!({"Threshold": -1}), json!({"Threshold": "1"})] {
            assert!(!is_valid(&invalid), "{invalid}");
        }
        assert!(!is_valid(&json!({"Threshold": 1, "ThresholdExpression": expression})));
    }

    #[test]
    fn expressions_join_impacts() {
        let (absolute, percentage) = (from(ABSOLUTE, "0"), from(PERCENTAGE, "10000000000"));
        let mut options = absolute.clone();
        options["Dimensions"]["MatchOptions"] = json!(["EQUALS"]);
        for (expression, valid) in [
            (json!({"And": [absolute, percentage]}), true),
            (json!({"Or": [absolute, percentage], "And": null}), true),
            (json!({"And": [absolute]}), false),
            (json!({"Not": absolute}), false),
            (json!({"And": [absolute, options]}), false),
            (options, false),
            (from("SERVICE", "1"), false),
            (from(ABSOLUTE, "-1"), false),
            (from(ABSOLUTE, "10000000001"), false),
            (from(ABSOLUTE, "many"), false),
            (json!({}), false),
        ] {
            assert_eq!(is_valid(&json!({"ThresholdExpression": expression})), valid, "{expression}");
        }
    }
}
