//! Tags of permission sets and of the instance.

use serde_json::{Value, json};

use super::{IdentityCenter, invalid};
use crate::sync::lock;
use crate::tags;
use crate::wire::{AwsError, AwsRequest, Outcome, Rejection};

impl IdentityCenter {
    pub(super) async fn list_tags(&self, request: &AwsRequest) -> Outcome {
        let resource = self.taggable(request).await?;
        Ok(json!({"Tags": tags::list(&lock(&self.sets).set(resource).tags)}))
    }

    pub(super) async fn tag(&self, request: &AwsRequest) -> Outcome {
        let added = tags::read(&request.parameters["Tags"]).map_err(|message| invalid(&message))?;
        let resource = self.taggable(request).await?;
        let mut sets = lock(&self.sets);
        let known = &mut sets.set(resource).tags;
        let mut all = known.clone();
        all.extend(added);
        if all.len() > tags::MAX_TAGS {
            let message = format!("A resource can have at most {} tags.", tags::MAX_TAGS);
            return Err(AwsError::new(400, "ServiceQuotaExceededException", &message).into());
        }
        *known = all;
        Ok(json!({}))
    }

    pub(super) async fn untag(&self, request: &AwsRequest) -> Outcome {
        let keys = request.parameters["TagKeys"].as_array().map(Vec::as_slice).unwrap_or_default();
        if keys.is_empty() {
            return Err(invalid("TagKeys must not be empty").into());
        }
        let resource = self.taggable(request).await?;
        let mut sets = lock(&self.sets);
        sets.set(resource).tags.retain(|key, _| !keys.iter().any(|removed| removed == key));
        Ok(json!({}))
    }

    /// Returns the ARN of the resource if it exists. An instance does; that of the call is checked before.
    async fn taggable<'a>(&self, request: &'a AwsRequest) -> Result<&'a str, Rejection> {
        let Some(resource) = request.string("ResourceArn") else {
            return Err(invalid("ResourceArn is required").into());
        };
        let Some(instance) = instance_arn(resource) else {
            return Ok(resource);
        };
        let known = self.describe_set(request, &Value::String(instance), &Value::String(resource.to_owned())).await;
        known.map(|_| resource).map_err(Rejection::from)
    }
}

/// The ARN of the instance of a permission set: `arn:aws:sso:::permissionSet/ssoins-1/ps-1`, or, in moto,
/// `arn:aws:sso:::instance/ssoins-1/ps-1`.
fn instance_arn(resource: &str) -> Option<String> {
    let (instance, _) = resource.split_once("/ps-")?;
    Some(instance.replace(":permissionSet/", ":instance/"))
}
