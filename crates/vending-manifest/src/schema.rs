//! The JSON Schema of the manifest, from its types.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::manifest::Manifest;

/// The JSON Schema of `organization.yaml`, for editors. [`Manifest::from_yaml`](crate::Manifest::from_yaml) decides: it
/// also checks what no schema can say.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Manifest>().to_value();
    remove_nulls(&mut schema);
    schema
}

/// A field may be missing, but not have no value: people would not notice that nothing is set.
fn remove_nulls(schema: &mut Value) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(remove_null);
    }
    match schema {
        Value::Object(fields) => fields.values_mut().for_each(remove_nulls),
        Value::Array(items) => items.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

fn remove_null(property: &mut Value) {
    let Some(fields) = property.as_object_mut() else { return };
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = fields.get_mut("anyOf") else { return };
    choices.retain(|choice| choice["type"] != "null");
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        fields.remove("anyOf");
        for (name, value) in only {
            fields.entry(name).or_insert(value);
        }
    }
}
