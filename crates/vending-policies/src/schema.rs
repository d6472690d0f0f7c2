//! The JSON Schema of cases, from their types.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::cases::Cases;

/// The JSON Schema of `policies/NAME.cases.yaml`, for editors. [`Cases::parse`] decides: it also checks what no schema
/// can say.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Cases>().to_value()
}
