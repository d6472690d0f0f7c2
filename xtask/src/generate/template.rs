//! The functions in template.yaml, and the lists of functions that the state machine may run.

use anyhow::Result;

use super::block::replace_block;
use crate::functions::{Function, Stage, in_stage};

const STAGES: [Stage; 5] = [Stage::Entry, Stage::Vend, Stage::Baseline, Stage::Access, Stage::Maintenance];

pub(super) fn render(text: &str, functions: &[Function]) -> Result<String> {
    let steps = || STAGES[1..4].iter().flat_map(|stage| in_stage(functions, *stage)).map(Function::pascal_case);
    let each = |line: &dyn Fn(String) -> String| steps().map(line).collect::<Vec<_>>().concat();
    let substitutions = each(&|step| format!("        {step}FunctionArn: !GetAtt {step}Function.Arn\n"));
    let resources = each(&|step| format!("                - !GetAtt {step}Function.Arn\n"));
    let blocks: Vec<String> = STAGES.iter().flat_map(|stage| in_stage(functions, *stage)).map(resource).collect();
    let text = replace_block(text, "substitutions", &substitutions)?;
    let text = replace_block(&text, "steps", &resources)?;
    replace_block(&text, "functions", &format!("\n{}\n", blocks.join("\n")))
}

/// What follows from the folder, then what its `function.yaml` says.
fn resource(function: &Function) -> String {
    let name = &function.name;
    let head = format!(
        "  {}Function:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: !Sub ${{AWS::StackName}}-{name}\n      Description: {:?}\n      CodeUri: target/lambda/{name}\n",
        function.pascal_case(),
        function.description.trim_end_matches('.'),
    );
    let indented = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("      {line}\n") };
    head + &function.properties.lines().map(indented).collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_is_its_folder_and_its_properties() {
        let function =
            Function { properties: "Timeout: 300\n".to_owned(), ..Function::sample(Stage::Vend, "move-account") };
        let expected = "  MoveAccountFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      FunctionName: !Sub ${AWS::StackName}-move-account\n      Description: \"A sample\"\n      CodeUri: target/lambda/move-account\n      Timeout: 300\n";
        assert_eq!(resource(&function), expected);
    }
}
