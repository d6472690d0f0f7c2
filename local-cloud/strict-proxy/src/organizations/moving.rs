//! MoveAccount, with the checks of AWS on both parents.

use serde_json::json;

use super::errors::rejection;
use crate::emulators::Upstreams;
use crate::wire::response::error_code;
use crate::wire::{AwsRequest, AwsResponse};

pub(super) async fn move_account(
    upstreams: &Upstreams,
    request: &AwsRequest,
    forward: impl Future<Output = AwsResponse>,
) -> AwsResponse {
    // An account without a parent does not exist, and the emulator returns the error.
    let parameters = json!({"ChildId": request.string("AccountId")});
    if let Ok(listed) = upstreams.organizations("ListParents", &parameters).await {
        let parent = listed["Parents"][0]["Id"].as_str();
        if parent == request.string("DestinationParentId") {
            let message = "You specified an account that is already present in the destination.";
            return rejection(request, "DuplicateAccountException", message);
        }
        if parent != request.string("SourceParentId") {
            let message = "You specified a source parent that the account isn't in.";
            return rejection(request, "SourceParentNotFoundException", message);
        }
    }
    let response = forward.await;
    // The source parent is correct, so moto misses the destination.
    if error_code(&response).as_deref() == Some("ParentNotFoundException") {
        let message = "You specified a destination parent that doesn't exist.";
        return rejection(request, "DestinationParentNotFoundException", message);
    }
    response
}
