//! The tags of monitors and subscriptions.

use serde_json::json;

use super::{Detection, invalid};
use crate::emulated::call::{Call, Outcome};
use crate::tags::{self, MAX_TAGS, Tags};
use crate::wire::AwsError;

/// Reads the tags of a call.
pub(super) fn read(call: &Call<'_>) -> Result<Tags, AwsError> {
    let tags = tags::read(call.value("ResourceTags")).map_err(|message| invalid(&message))?;
    if tags.len() > MAX_TAGS { Err(too_many_tags()) } else { Ok(tags) }
}

impl Detection {
    pub(super) fn list_tags(&mut self, call: &Call<'_>) -> Outcome {
        Ok(json!({"ResourceTags": tags::list(self.tags_of(call)?)}))
    }

    pub(super) fn tag(&mut self, call: &Call<'_>) -> Outcome {
        let added = read(call)?;
        let known = self.tags_of(call)?;
        let mut all = known.clone();
        all.extend(added);
        if all.len() > MAX_TAGS {
            return Err(too_many_tags());
        }
        *known = all;
        Ok(json!({}))
    }

    pub(super) fn untag(&mut self, call: &Call<'_>) -> Outcome {
        let removed = call.strings("ResourceTagKeys");
        self.tags_of(call)?.retain(|key, _| !removed.contains(key));
        Ok(json!({}))
    }

    fn tags_of(&mut self, call: &Call<'_>) -> Result<&mut Tags, AwsError> {
        let missing = || AwsError::new(400, "ResourceNotFoundException", "The specified ARN does not exist.");
        self.tags.get_mut(call.string("ResourceArn")).ok_or_else(missing)
    }
}

fn too_many_tags() -> AwsError {
    AwsError::new(400, "TooManyTagsException", &format!("A resource can have at most {MAX_TAGS} tags."))
}
