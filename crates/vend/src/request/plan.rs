//! What a request would do, for people.

use vending_client::{Action, Blocker, FieldChange, Plan, RequestPlan};
use vending_core::Problem;

use super::Body;
use crate::change;
use crate::exit::Exit;
use crate::failure::Failure;

/// What follows from a plan.
#[derive(Debug)]
pub(crate) enum RequestEffect<'a> {
    /// The account exists with these settings.
    Nothing(&'a RequestPlan),
    /// The same request runs already.
    Join(&'a RequestPlan),
    /// Something is created, changed, or continued.
    Submit(&'a RequestPlan, Action),
}

/// The effect of the only request of a plan, or why it has none.
pub(crate) fn effect<'a>(plan: &'a Plan, body: &Body) -> Result<RequestEffect<'a>, Failure> {
    let [request] = plan.requests.as_slice() else {
        return Err(Failure::new(Exit::Failed, "the plan has not one request, as the one that was sent"));
    };
    let blocked = |blockers: Vec<&Blocker>| match blockers.as_slice() {
        [] => Ok(()),
        blockers => Err(refusal(blockers, body)),
    };
    blocked(request.blockers.iter().collect())?;
    match request.action.known() {
        Some(Action::None) => Ok(RequestEffect::Nothing(request)),
        Some(Action::Wait) => Ok(RequestEffect::Join(request)),
        Some(&action @ (Action::Create | Action::Change | Action::Resume)) => {
            blocked(plan.blockers.iter().collect())?;
            Ok(RequestEffect::Submit(request, action))
        }
        Some(Action::Refuse) => Err(Failure::new(Exit::Failed, "the API would refuse the request")),
        None => {
            let message = format!("this version of vend does not know the action `{}`", request.action);
            Err(Failure::new(Exit::Failed, message).with_advice("install a later version of vend"))
        }
    }
}

fn refusal(blockers: &[&Blocker], body: &Body) -> Failure {
    let (mut problems, mut reasons) = (Vec::new(), Vec::new());
    for blocker in blockers {
        match &blocker.pointer {
            Some(pointer) => {
                let problem = Problem { pointer: pointer.clone(), detail: blocker.detail.clone() };
                problems.push(body.place(problem));
            }
            None => reasons.push(format!("{} ({})", blocker.detail, blocker.code)),
        }
    }
    let message = if reasons.is_empty() { "the request is not valid".to_owned() } else { reasons.join("; ") };
    let mut failure = Failure::new(Exit::Failed, format!("{message}; nothing was sent")).with_problems(problems);
    // The remedy of a conflict only points to its detail, and that of a validation error to its place.
    let remedies = blockers.iter().filter(|blocker| blocker.pointer.is_none() && blocker.code != "Conflict");
    failure.advice.extend(remedies.map(|blocker| format!("{} (who can act: {})", blocker.remedy, blocker.owner)));
    failure
}

/// The plan as lines: a sign, the action as a word, the account, and what changes.
pub(crate) fn text(plan: &Plan) -> String {
    let mut lines: Vec<String> = plan.requests.iter().map(request_text).collect();
    if let Some(quota) = &plan.account_quota {
        let accounts = quota.accounts.map_or("unknown".to_owned(), |accounts| accounts.to_string());
        lines.push(format!("accounts: {accounts} of a quota of {}", quota.limit));
    }
    lines.join("\n")
}

fn request_text(plan: &RequestPlan) -> String {
    let field = |name: &str| plan.request.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let account = plan.account_id.as_ref().map(ToString::to_string);
    let identity = [field("accountName"), account, field("accountEmail"), field("organizationalUnit")];
    let identity: Vec<String> = identity.into_iter().flatten().collect();
    let sign = match plan.action.known() {
        Some(Action::Create) => '+',
        Some(Action::Change) => '~',
        Some(Action::Resume) => '>',
        Some(Action::Wait) => '.',
        Some(Action::None) => '=',
        Some(Action::Refuse) | None => '!',
    };
    let head = format!("{sign} {:<7} {}", plan.action, identity.join("  "));
    let changes = plan.changes.iter().map(|FieldChange { pointer, from, to }| change::line(pointer, 0, from, to));
    let changes = changes.map(|line| format!("\n    {line}"));
    head.trim_end().to_owned() + &changes.collect::<String>()
}
