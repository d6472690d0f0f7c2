//! Cost anomaly monitors.

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Detection, check_name, invalid, pages, remove, select, tagging, unknown_monitor};
use crate::emulated::call::{Call, Outcome};
use crate::wire::AwsError;

impl Detection {
    pub(super) fn get_monitors(&mut self, call: &Call<'_>) -> Outcome {
        let wanted = call.strings("MonitorArnList");
        let found = select(&self.monitors, "MonitorArn", &wanted).ok_or_else(unknown_monitor)?;
        let (monitors, next) = pages(found, call)?;
        Ok(json!({"AnomalyMonitors": monitors, "NextPageToken": next}))
    }

    pub(super) fn create_monitor(&mut self, call: &Call<'_>) -> Outcome {
        let mut monitor = call.value("AnomalyMonitor").clone();
        check_name(&monitor["MonitorName"], "MonitorName")?;
        self.check_type(&monitor)?;
        let arn = self.create(call, "anomalymonitor", tagging::read(call)?);
        monitor["MonitorArn"] = json!(arn);
        monitor["CreationDate"] = json!(today());
        monitor["LastUpdatedDate"] = monitor["CreationDate"].clone();
        self.monitors.push(monitor);
        Ok(json!({"MonitorArn": arn}))
    }

    /// Only the name can be changed.
    pub(super) fn update_monitor(&mut self, call: &Call<'_>) -> Outcome {
        let arn = call.string("MonitorArn");
        let known = self.monitors.iter_mut().find(|monitor| monitor["MonitorArn"] == arn);
        let monitor = known.ok_or_else(unknown_monitor)?;
        let name = call.value("MonitorName");
        if !name.is_null() {
            check_name(name, "MonitorName")?;
            monitor["MonitorName"] = name.clone();
            monitor["LastUpdatedDate"] = json!(today());
        }
        Ok(json!({"MonitorArn": arn}))
    }

    pub(super) fn delete_monitor(&mut self, call: &Call<'_>) -> Outcome {
        self.tags.remove(call.string("MonitorArn"));
        remove(&mut self.monitors, "MonitorArn", call).ok_or_else(unknown_monitor)
    }

    fn check_type(&self, monitor: &Value) -> Result<(), AwsError> {
        let (dimension, specification) = (&monitor["MonitorDimension"], &monitor["MonitorSpecification"]);
        let is_dimension = ["SERVICE", "LINKED_ACCOUNT", "TAG", "COST_CATEGORY"].iter().any(|known| dimension == known);
        match monitor["MonitorType"].as_str() {
            Some("DIMENSIONAL") if !is_dimension => Err(invalid(
                "MonitorDimension must be SERVICE, LINKED_ACCOUNT, TAG, or COST_CATEGORY for a DIMENSIONAL monitor",
            )),
            // An account can have one monitor for each dimension.
            Some("DIMENSIONAL") if self.has_monitor_for(dimension) => {
                Err(invalid("Limit exceeded on dimensional spend monitor creation"))
            }
            Some("CUSTOM") if specification.is_null() || !dimension.is_null() => {
                Err(invalid("a CUSTOM monitor must have a MonitorSpecification, and no MonitorDimension"))
            }
            Some("DIMENSIONAL" | "CUSTOM") => Ok(()),
            _ => Err(invalid("MonitorType must be DIMENSIONAL or CUSTOM")),
        }
    }

    fn has_monitor_for(&self, dimension: &Value) -> bool {
        self.monitors.iter().any(|monitor| monitor["MonitorDimension"] == *dimension)
    }
}

fn today() -> String {
    OffsetDateTime::now_utc().date().to_string()
}
