//! `vend request`.
//!
//! The plan says what the request would do, so that nothing is sent that would be refused, an account that exists is
//! changed and not requested again, and a request that runs is joined. The API joins by content as well. So the command
//! can be killed at any moment and be repeated: it does the same once.

use vending_client::{
    Action, Client, Document, Error, IdempotencyKey, InvalidKey, Open, Plan, RequestPlan, Submission,
};
use vending_core::Status;

use super::watch;
use crate::cli::Request;
use crate::console::Console;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::interrupt;
use crate::json::{Entry, SubmissionEntry};
use crate::prompt;
use crate::request::{Body, RequestEffect, effect, problems, text};

pub(crate) fn run(request: &Request, context: &Context<'_>, console: &mut Console) -> Result<Exit, Failure> {
    let key = key(request)?;
    let body = body(request)?;
    if !request.plan {
        prompt::require_yes(request.yes, "a request")?;
    }
    interrupt::hint("nothing was sent");
    let client = context.client(console)?;
    let plan = client.plan(std::slice::from_ref(body.value())).map_err(|error| body.locate(context.failure(error)))?;
    if request.plan {
        return show(request, &plan, &body, console);
    }
    console.message(&text(&plan));
    let submission = match effect(&plan, &body)? {
        RequestEffect::Nothing(plan) => {
            console.message("the account exists with these settings; nothing was sent");
            print(&submission(plan, Status::Vended)?, console);
            return Ok(Exit::Done);
        }
        RequestEffect::Join(plan) => {
            let sent = client.request_account(body.value(), &key);
            after(&sent.map_err(|error| body.locate(context.failure(error)))?, plan)
        }
        RequestEffect::Submit(plan, action) => {
            confirm(request, action)?;
            interrupt::hint("the request may have been sent; the same command again joins it");
            let sent = send(&client, plan, action, &body, &key);
            after(&sent.map_err(|error| body.locate(context.failure(error)))?, plan)
        }
    };
    finish(request, &client, &submission, context, console)
}

/// Reads and checks everything that needs no network.
fn body(request: &Request) -> Result<Body, Failure> {
    let body = match &request.file {
        Some(path) if file::is_stdin(path) && !request.plan && !request.yes => {
            return Err(Failure::usage("a request from stdin needs --yes, because stdin cannot answer a question"));
        }
        Some(path) => Body::from_file(path)?,
        None => Body::from_fields(&request.fields)?,
    };
    let mut found = body.file_problems();
    found.extend(problems(body.value()).into_iter().map(|problem| body.place(problem)));
    if found.is_empty() {
        return Ok(body);
    }
    Err(Failure::usage("the request is not valid; nothing was sent").with_problems(found))
}

fn key(request: &Request) -> Result<IdempotencyKey, Failure> {
    let given = request.idempotency_key.as_deref().map(str::parse).transpose();
    let given = given.map_err(|error: InvalidKey| Failure::usage(format!("--idempotency-key: {error}")))?;
    Ok(given.unwrap_or_else(IdempotencyKey::random))
}

fn show(request: &Request, plan: &Document<Plan>, body: &Body, console: &mut Console) -> Result<Exit, Failure> {
    let exit = match effect(plan, body) {
        Ok(RequestEffect::Nothing(_)) => Exit::Done,
        Ok(_) if request.check => Exit::Pending,
        Ok(_) => Exit::Done,
        Err(failure) => return Err(failure),
    };
    console.data(|| text(plan), || Entry::Plan { plan: plan.clone().into() });
    Ok(exit)
}

fn confirm(request: &Request, action: Action) -> Result<(), Failure> {
    let question = match action {
        Action::Change => "Change this account?",
        Action::Resume => "Continue this request?",
        _ => "Create this account? AWS accounts can be closed, but not deleted.",
    };
    if request.yes || prompt::confirm(question) {
        return Ok(());
    }
    Err(Failure::new(Exit::Failed, "not confirmed; nothing was sent"))
}

fn send(
    client: &Client,
    plan: &RequestPlan,
    action: Action,
    body: &Body,
    key: &IdempotencyKey,
) -> Result<Submission, Error> {
    match &plan.account_id {
        Some(account) if action == Action::Change => client.change_account(account, body.value(), key),
        _ => client.request_account(body.value(), key),
    }
}

fn after(sent: &Submission, plan: &RequestPlan) -> SubmissionEntry {
    let status = match sent {
        Submission::Accepted(_) => Open::Known(Status::InProgress),
        Submission::AlreadyVended(request) => request.status.clone(),
    };
    SubmissionEntry {
        action: (&plan.action).into(),
        request_id: sent.request_id().clone(),
        account_id: plan.account_id.clone(),
        status: (&status).into(),
    }
}

fn submission(plan: &RequestPlan, status: Status) -> Result<SubmissionEntry, Failure> {
    let missing = || Failure::new(Exit::Failed, "the plan has no requestId");
    Ok(SubmissionEntry {
        action: (&plan.action).into(),
        request_id: plan.request_id.clone().ok_or_else(missing)?,
        account_id: plan.account_id.clone(),
        status: (&Open::Known(status)).into(),
    })
}

fn print(submission: &SubmissionEntry, console: &mut Console) {
    console.data(|| submission.to_line(), || Entry::Submission(submission.clone()));
}

fn finish(
    request: &Request,
    client: &Client,
    submission: &SubmissionEntry,
    context: &Context<'_>,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let id = &submission.request_id;
    interrupt::watch_hint(id);
    if request.watch {
        console.stream(|| Entry::Submission(submission.clone()));
        console.message(&format!("following {id}"));
        return watch::follow(client, id, &request.polling, context, console);
    }
    console.message(&format!("follow it with: vend watch {id}"));
    print(submission, console);
    Ok(Exit::Done)
}
