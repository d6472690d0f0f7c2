//! The functions in template.yaml, and the lists of functions that the state machine may run.

use anyhow::Result;

use super::block::replace_block;
use crate::functions::{Function, Stage, in_stage};

const STAGES: [Stage; 6] =
    [Stage::Entry, Stage::Vend, Stage::Baseline, Stage::Access, Stage::Organization, Stage::Maintenance];
/// The stages of vend-account.
const STEPS: [Stage; 3] = [Stage::Vend, Stage::Baseline, Stage::Access];

pub(super) fn render(text: &str, functions: &[Function]) -> Result<String> {
    let steps = || STEPS.iter().flat_map(|stage| in_stage(functions, *stage)).map(Function::pascal_case);
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
    head + &properties(function).lines().map(indented).collect::<String>()
}

/// The properties of a function. Every baseline and access step reads its input from the records.
fn properties(function: &Function) -> String {
    let settings = match function.stage {
        Stage::Access => SETTINGS,
        Stage::Baseline => "",
        Stage::Entry | Stage::Vend | Stage::Organization | Stage::Maintenance => return function.properties.clone(),
    };
    let statements = format!("    Statement:\n{READ_RECORDS}{settings}{LIST_RECORDS}");
    let properties = function.properties.replacen("    Statement:\n", &statements, 1);
    match properties.split_once("  Variables:\n") {
        Some((before, after)) => format!("{before}{VARIABLES}{after}"),
        None => format!("Environment:\n{VARIABLES}{properties}"),
    }
}

const VARIABLES: &str = "  Variables:\n    RECORDS_BUCKET: !Ref RecordsBucket\n";

const READ_RECORDS: &str = "      - Sid: ReadRequest
        Effect: Allow
        Action: [s3:GetObject]
        Resource:
          - !Sub ${RecordsBucket.Arn}/accounts/*
          - !Sub ${RecordsBucket.Arn}/requests/*
          - !Sub ${RecordsBucket.Arn}/validated/*
";

/// What lets people and repositories in is compared with the present settings.
const SETTINGS: &str = "          - !Sub ${RecordsBucket.Arn}/settings.json\n";

const LIST_RECORDS: &str =
    "      # Without s3:ListBucket, S3 responds AccessDenied instead of NoSuchKey for a missing object.
      - Sid: ListForNotFound
        Effect: Allow
        Action: [s3:ListBucket]
        Resource: !GetAtt RecordsBucket.Arn
";

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

    #[test]
    fn steps_can_read_the_records() {
        let policies = "Policies:\n  - Version: \"2012-10-17\"\n    Statement:\n      - Sid: Own\n";
        let step = |stage, environment: &str| {
            let properties = format!("{environment}{policies}");
            properties_of(stage, properties)
        };
        let baseline = step(Stage::Baseline, "");
        assert!(
            baseline.starts_with("Environment:\n  Variables:\n    RECORDS_BUCKET: !Ref RecordsBucket\nPolicies:\n")
        );
        assert!(baseline.contains("- Sid: ReadRequest\n") && baseline.ends_with("      - Sid: Own\n"));
        assert!(!baseline.contains("settings.json"));
        let access = step(Stage::Access, "Environment:\n  Variables:\n    NAME: value\n");
        assert!(
            access.starts_with("Environment:\n  Variables:\n    RECORDS_BUCKET: !Ref RecordsBucket\n    NAME: value\n")
        );
        assert!(access.contains("/settings.json\n"));
        assert!(!step(Stage::Vend, "").contains("RECORDS_BUCKET"));
    }

    fn properties_of(stage: Stage, properties: String) -> String {
        super::properties(&Function { properties, ..Function::sample(stage, "sample") })
    }
}
