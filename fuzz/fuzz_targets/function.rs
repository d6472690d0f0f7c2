//! Invokes a function.

use serde_json::Value;
use vending_runtime::Handler;

/// The response of the function, or the code of its error.
pub(crate) fn handle(function: &impl Handler, event: Value) -> Result<Value, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(vending_runtime::handle(function, event)).map_err(|failure| failure.error_type)
}
