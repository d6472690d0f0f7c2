//! MoveAccount, with AWS's checks of where the account is and where it goes.

use serde_json::json;

use super::refusal;
use crate::emulators::Upstreams;
use crate::wire::answer::error_code;
use crate::wire::{Answer, AwsRequest};

pub(super) async fn move_account(
    upstreams: &Upstreams,
    request: &AwsRequest,
    forward: impl Future<Output = Answer>,
) -> Answer {
    // An account without a parent is unknown, and the emulator says so itself.
    let parameters = json!({"ChildId": request.text("AccountId")});
    if let Ok(listed) = upstreams.organizations("ListParents", &parameters).await {
        let parent = listed["Parents"][0]["Id"].as_str();
        if parent == request.text("DestinationParentId") {
            let message = "You specified an account that is already present in the destination.";
            return refusal(request, "DuplicateAccountException", message);
        }
        if parent != request.text("SourceParentId") {
            let message = "You specified a source parent that the account isn't in.";
            return refusal(request, "SourceParentNotFoundException", message);
        }
    }
    let answer = forward.await;
    // The source was right, so it is the destination that moto misses.
    if error_code(&answer).as_deref() == Some("ParentNotFoundException") {
        let message = "You specified a destination parent that doesn't exist.";
        return refusal(request, "DestinationParentNotFoundException", message);
    }
    answer
}
