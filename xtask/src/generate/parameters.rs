//! The parameters of the stack in the manual, with the descriptions that the AWS console and the SAM CLI show.

use anyhow::{Context, Result};
use serde_norway::Value;

use super::block::replace_block;

pub(super) fn render(text: &str, template: &str) -> Result<String> {
    let template: Value = serde_norway::from_str(template).context("parse template.yaml")?;
    let groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"].as_sequence();
    let sections = groups.context("the template has no ParameterGroups")?.iter();
    let sections: Vec<String> = sections.map(|group| section(group, &template["Parameters"])).collect::<Result<_>>()?;
    replace_block(text, "parameters", &format!("\n{}\n", sections.join("\n")))
}

/// The parameters of one group of the template.
fn section(group: &Value, parameters: &Value) -> Result<String> {
    let label = group["Label"]["default"].as_str().context("a group of parameters has no label")?;
    let names = group["Parameters"].as_sequence().into_iter().flatten().filter_map(Value::as_str);
    let rows: Vec<String> = names.map(|name| row(name, &parameters[name])).collect::<Result<_>>()?;
    Ok(format!("## {label}\n\n| Parameter | Default | Meaning |\n|---|---|---|\n{}", rows.concat()))
}

fn row(name: &str, parameter: &Value) -> Result<String> {
    let description = parameter["Description"].as_str().with_context(|| format!("{name} has no Description"))?;
    let default = match scalar(&parameter["Default"]).with_context(|| format!("{name} has no Default"))? {
        empty if empty.is_empty() => "Empty".to_owned(),
        value => format!("`{value}`"),
    };
    let values = parameter["AllowedValues"].as_sequence().into_iter().flatten().filter_map(scalar);
    let values: Vec<String> = values.map(|value| format!("`{value}`")).collect();
    let values = if values.is_empty() { String::new() } else { format!(" One of {}.", values.join(", ")) };
    Ok(format!("| `{name}` | {default} | {}{values} |\n", description.replace('*', "\\*").replace('|', "\\|")))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - Label: { default: Callers }
        Parameters: [Principals, Days, Level]
Parameters:
  Principals: { Type: CommaDelimitedList, Description: An ARN can end with *., Default: \"\" }
  Days: { Type: Number, Description: How many days., Default: 365 }
  Level: { Type: String, Description: The level., Default: INFO, AllowedValues: [WARN, INFO] }
";

    #[test]
    fn section_has_the_parameters_of_a_group() {
        let page = "<!-- begin generated: parameters -->\n<!-- end generated -->\n";
        let expected = "<!-- begin generated: parameters -->\n\n## Callers\n\n| Parameter | Default | Meaning |\n|---|---|---|\n\
            | `Principals` | Empty | An ARN can end with \\*. |\n\
            | `Days` | `365` | How many days. |\n\
            | `Level` | `INFO` | The level. One of `WARN`, `INFO`. |\n\n<!-- end generated -->\n";
        assert_eq!(render(page, TEMPLATE).unwrap(), expected);
    }

    #[test]
    fn parameter_without_description_is_rejected() {
        let template = TEMPLATE.replace("Description: The level., ", "");
        let error = render("<!-- begin generated: parameters -->\n<!-- end generated -->\n", &template).unwrap_err();
        assert_eq!(error.to_string(), "Level has no Description");
    }
}
