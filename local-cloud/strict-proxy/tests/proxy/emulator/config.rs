//! AWS Config, with as few checks as in moto.

use serde_json::{Value, json};

use super::state::EmulatorState;

/// Returns `None` for other operations.
pub(super) fn call(state: &mut EmulatorState, operation: &str, parameters: &Value) -> Option<(u16, Value)> {
    let response = match operation {
        "PutConfigurationRecorder" => replace(&mut state.recorders, &parameters["ConfigurationRecorder"]),
        "PutDeliveryChannel" => replace(&mut state.channels, &parameters["DeliveryChannel"]),
        "DeleteConfigurationRecorder" => {
            state.recorders.retain(|recorder| recorder["name"] != parameters["ConfigurationRecorderName"]);
            json!({})
        }
        "DescribeConfigurationRecorders" => {
            let without_mode = |recorder: &Value| json!({"name": recorder["name"], "roleARN": recorder["roleARN"]});
            json!({"ConfigurationRecorders": state.recorders.iter().map(without_mode).collect::<Vec<_>>()})
        }
        "DescribeConfigurationRecorderStatus" => {
            let status = |recorder: &Value| json!({"name": recorder["name"], "recording": false});
            json!({"ConfigurationRecordersStatus": state.recorders.iter().map(status).collect::<Vec<_>>()})
        }
        "DescribeDeliveryChannels" => json!({"DeliveryChannels": state.channels}),
        _ => return None,
    };
    Some((200, response))
}

fn replace(known: &mut Vec<Value>, new: &Value) -> Value {
    known.retain(|known| known["name"] != new["name"]);
    known.push(new.clone());
    json!({})
}
