//! What the functions logged is in the platform's memory; this writes it down before the platform ends.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::aws::{Client, JsonService};
use crate::paths;

const LOGS: JsonService = JsonService { name: "logs", target: "Logs_20140328" };
/// The folder for them among the logs.
pub(crate) const FOLDER: &str = "cloudwatch";

/// Writes one file per log group, named by the last part of the group's name. The files of an earlier cloud go.
pub(crate) fn keep(platform: &Client) -> Result<()> {
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

fn messages(platform: &Client, group: &str) -> Result<String> {
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
