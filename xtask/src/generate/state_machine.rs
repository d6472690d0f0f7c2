//! The functions that the Maps of vend-account run.

use anyhow::{Context, Result};

use crate::functions::{Function, Stage, in_stage};

pub(super) fn render(text: &str, functions: &[Function]) -> Result<String> {
    let text = with_items(text, "ApplyBaseline", in_stage(functions, Stage::Baseline))?;
    with_items(&text, "ApplyAccess", in_stage(functions, Stage::Access))
}

/// Replaces the items of a Map: the only thing in the file that is not written by hand.
fn with_items<'a>(text: &str, map: &str, steps: impl Iterator<Item = &'a Function>) -> Result<String> {
    const ITEMS: &str = "\"Items\": [";
    let state = text.find(&format!("\"{map}\": {{")).with_context(|| format!("there is no state {map}"))?;
    let items = text[state..].find(ITEMS).with_context(|| format!("{map} has no Items"))? + state + ITEMS.len();
    let end = text[items..].find(']').with_context(|| format!("the Items of {map} have no end"))? + items;
    let names: Vec<String> =
        steps.map(|step| format!("\n        \"${{{}FunctionArn}}\"", step.pascal_case())).collect();
    Ok(format!("{}{}\n      {}", &text[..items], names.join(","), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_those_of_the_stage() {
        let step = Function::sample(Stage::Access, "grant-access");
        let text = r#"{ "ApplyAccess": { "Items": ["old"], "A": [] } }"#;
        let rendered = with_items(text, "ApplyAccess", [step].iter()).unwrap();
        let rendered: serde_json::Value = serde_json::from_str(&rendered).unwrap();
        assert_eq!(rendered["ApplyAccess"]["Items"][0], "${GrantAccessFunctionArn}");
        assert!(with_items(text, "ApplyBaseline", [].iter()).is_err());
    }
}
