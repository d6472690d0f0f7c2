//! Saves the logs of the functions, which MiniStack has only in memory.

use std::fs;

use anyhow::{Context, Result};
use local_cloud::{AwsClient, JsonService};
use serde_json::{Value, json};

use crate::paths;

const LOGS: JsonService<'_> = JsonService { name: "logs", target: "Logs_20140328" };
/// The folder of the function logs in the folder of all logs.
pub(crate) const FOLDER: &str = "cloudwatch";

/// Writes one file for each log group, named after the last part of its name, and removes the files of earlier runs.
pub(crate) fn save(platform: &AwsClient) -> Result<()> {
    let folder = paths::log(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    let groups = platform.json(&LOGS, "DescribeLogGroups", &json!({}))?;
    for group in groups["logGroups"].as_array().into_iter().flatten() {
        let group = group["logGroupName"].as_str().unwrap_or_default();
        let lines = messages(platform, group)?;
        if !lines.is_empty() {
            let name = group.rsplit('/').next().unwrap_or(group);
            let file = folder.join(format!("{name}.log"));
            fs::write(&file, lines).with_context(|| format!("write {}", file.display()))?;
        }
    }
    Ok(())
}

fn messages(platform: &AwsClient, group: &str) -> Result<String> {
    let mut lines = String::new();
    let mut input = json!({ "logGroupName": group });
    loop {
        let page = platform.json(&LOGS, "FilterLogEvents", &input)?;
        for event in page["events"].as_array().into_iter().flatten() {
            lines.push_str(event["message"].as_str().unwrap_or_default().trim_end());
            lines.push('\n');
        }
        match &page["nextToken"] {
            Value::String(token) if input["nextToken"] != page["nextToken"] => {
                input["nextToken"] = token.clone().into();
            }
            _ => return Ok(lines),
        }
    }
}
