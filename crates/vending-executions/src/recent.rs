//! The last executions, whatever their names.

use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use time::OffsetDateTime;
use vending_core::StepError;

use crate::{Executions, map_error};

/// An execution in a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecentExecution {
    pub name: String,
    pub started_at: OffsetDateTime,
    pub is_running: bool,
}

impl Executions {
    /// The executions that were started at or after a time, newest first, 100 for each call.
    pub async fn started_since(&self, time: OffsetDateTime) -> Result<Vec<RecentExecution>, StepError> {
        let list = self.client.list_executions().state_machine_arn(self.state_machine.to_string());
        let mut pages = list.into_paginator().send();
        let mut recent = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| map_error("list the executions", &error))?;
            for execution in page.executions.iter().filter_map(read) {
                if execution.started_at < time {
                    return Ok(recent);
                }
                recent.push(execution);
            }
        }
        Ok(recent)
    }
}

fn read(execution: &ExecutionListItem) -> Option<RecentExecution> {
    Some(RecentExecution {
        name: execution.name().to_owned(),
        started_at: OffsetDateTime::from_unix_timestamp_nanos(execution.start_date().as_nanos()).ok()?,
        is_running: execution.status() == &ExecutionStatus::Running,
    })
}
