//! The functions in template.yaml, and the lists of functions that the state machine may run.

use anyhow::Result;

use super::block::replace_block;
use crate::functions::{Function, Stage, in_stage};

const STAGES: [Stage; 6] =
    [Stage::Entry, Stage::Vend, Stage::Baseline, Stage::Access, Stage::Organization, Stage::Maintenance];
/// The stages of vend-account.
const STEPS: [Stage; 3] = [Stage::Vend, Stage::Baseline, Stage::Access];

pub(super) fn render(text: &str, functions: &[Function]) -> Result<String> {
    let each = |stages: &[Stage], line: fn(&str) -> String| {
        let in_stages = stages.iter().flat_map(|stage| in_stage(functions, *stage));
        in_stages.map(|function| line(&function.pascal_case())).collect::<String>()
    };
    let organization = [Stage::Organization];
    let blocks: Vec<String> = STAGES.iter().flat_map(|stage| in_stage(functions, *stage)).map(resource).collect();
    let text = replace_block(text, "substitutions", &each(&STEPS, substitution))?;
    let text = replace_block(&text, "steps", &each(&STEPS, arn))?;
    let text = replace_block(&text, "organization substitutions", &each(&organization, substitution))?;
    let text = replace_block(&text, "organization functions", &each(&organization, arn))?;
    let text = replace_block(&text, "organization roles", &each(&organization, role))?;
    replace_block(&text, "functions", &format!("\n{}\n", blocks.join("\n")))
}

/// Of the placeholder in the definition of a state machine.
fn substitution(function: &str) -> String {
    format!("        {function}FunctionArn: !GetAtt {function}Function.Arn\n")
}

/// Of a function that a state machine may run.
fn arn(function: &str) -> String {
    format!("                - !GetAtt {function}Function.Arn\n")
}

/// Of a function that may write plans and runs. The principal of a session is its role on AWS, and the session itself on
/// the local cloud.
fn role(function: &str) -> String {
    format!(
        "                  - !GetAtt {function}FunctionRole.Arn
                  - !Sub arn:${{AWS::Partition}}:sts::${{AWS::AccountId}}:assumed-role/${{{function}FunctionRole}}/*
"
    )
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

/// The properties of a function. Every baseline and access step reads its input from the records, and every function of
/// build-organization reads plans and writes its reports.
fn properties(function: &Function) -> String {
    let records = match function.stage {
        Stage::Access => format!("{READ_RECORDS}{SETTINGS}"),
        Stage::Baseline => READ_RECORDS.to_owned(),
        Stage::Organization => plans(&function.name),
        Stage::Entry | Stage::Vend | Stage::Maintenance => return function.properties.clone(),
    };
    let statements = format!("    Statement:\n{records}{LIST_RECORDS}");
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

fn plans(function: &str) -> String {
    format!(
        "      - Sid: ReadPlansAndManifests
        Effect: Allow
        Action: [s3:GetObject]
        Resource: !Sub ${{RecordsBucket.Arn}}/organization/*
      - Sid: WriteReports
        Effect: Allow
        Action: [s3:PutObject]
        Resource:
          - !Sub ${{RecordsBucket.Arn}}/organization/plans/*/{function}.json
          - !Sub ${{RecordsBucket.Arn}}/organization/runs/*/{function}.json
"
    )
}

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

    #[test]
    fn functions_of_the_organization_can_write_their_own_reports() {
        let policies = "Policies:\n  - Version: \"2012-10-17\"\n    Statement:\n      - Sid: Own\n";
        let properties = properties_of(Stage::Organization, policies.to_owned());
        assert!(properties.contains("/organization/plans/*/sample.json\n"), "{properties}");
        assert!(properties.contains("/organization/runs/*/sample.json\n"), "{properties}");
        assert!(properties.contains("    RECORDS_BUCKET: !Ref RecordsBucket\n"), "{properties}");
        assert!(!properties.contains("plan.json") && !properties.contains("run.json"), "{properties}");
    }

    fn properties_of(stage: Stage, properties: String) -> String {
        super::properties(&Function { properties, ..Function::sample(stage, "sample") })
    }
}
