//! The way of one call through the proxy.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::answer::{self, Answer};
use crate::call::{AwsRequest, Call};
use crate::control;
use crate::forward::Upstreams;
use crate::organizations::Organization;
use crate::recorder::Recorder;
use crate::rules::{Fault, Rules};
use crate::sessions::{Session, Sessions};

/// What stands behind the proxy.
#[derive(Clone, Debug)]
pub struct Config {
    /// The emulator of AWS's control plane.
    pub aws: Uri,
    /// The emulator of the serverless platform.
    pub platform: Uri,
    /// The account of every caller that has not assumed a role.
    pub management_account: String,
}

/// Answers calls for ever; ends only when the listener fails.
pub async fn serve(listener: TcpListener, config: Config) -> io::Result<()> {
    let proxy = Arc::new(Proxy::new(config));
    loop {
        let (stream, _) = listener.accept().await?;
        let proxy = Arc::clone(&proxy);
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(Arc::clone(&proxy), request));
            // An error is a client that went away, or a connection that a rule cut.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

/// The connection closes without an answer: hyper does that when a service returns an error.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
struct Cut;

async fn respond(proxy: Arc<Proxy>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    // On a task of its own: what a client that has given up asked for still happens, as on AWS.
    let answer = tokio::spawn(async move { proxy.handle(parts, body).await });
    answer.await.map_err(|_| Cut)?.map(|answer| answer.map(Full::new))
}

pub(crate) struct Proxy {
    pub(crate) rules: Rules,
    pub(crate) recorder: Recorder,
    pub(crate) organization: Organization,
    sessions: Sessions,
    upstreams: Upstreams,
    management_account: String,
}

impl Proxy {
    fn new(config: Config) -> Self {
        Self {
            rules: Rules::default(),
            recorder: Recorder::default(),
            organization: Organization::default(),
            sessions: Sessions::default(),
            upstreams: Upstreams::new(config.aws, config.platform),
            management_account: config.management_account,
        }
    }

    async fn handle(&self, parts: Parts, body: Bytes) -> Result<Answer, Cut> {
        if let Some(path) = parts.uri.path().strip_prefix(control::PREFIX) {
            return Ok(control::answer(self, path, &parts, &body));
        }
        let time = OffsetDateTime::now_utc();
        let request = AwsRequest::read(&parts, &body);
        let session = request.access_key_id.as_deref().and_then(|key| self.sessions.of(key));
        let account = session.as_ref().map_or(&self.management_account, |session| &session.account).clone();
        let (rule, fault) = self.rules.take(&request, &account).unzip();
        let outcome = self.run(&request, &account, parts, body, fault).await;
        self.recorder.record(record(request, time, account, session, rule, outcome.as_ref().ok()));
        outcome
    }

    #[expect(clippy::disallowed_methods, reason = "a delay is what the rule asks for")]
    async fn run(
        &self,
        request: &AwsRequest,
        account: &str,
        parts: Parts,
        body: Bytes,
        fault: Option<Fault>,
    ) -> Result<Answer, Cut> {
        match &fault {
            Some(Fault::Error(error)) => return Ok(answer::error(request, error)),
            Some(Fault::CutBefore) => return Err(Cut),
            Some(Fault::Delay { millis }) => sleep(Duration::from_millis(*millis)).await,
            Some(Fault::CutAfter) | None => {}
        }
        let answer = self.ask(request, account, parts, body).await;
        self.sessions.learn(request, &answer);
        if matches!(fault, Some(Fault::CutAfter)) { Err(Cut) } else { Ok(answer) }
    }

    async fn ask(&self, request: &AwsRequest, account: &str, parts: Parts, body: Bytes) -> Answer {
        if request.service == "organizations" && account == self.management_account {
            self.organization.answer(&self.upstreams, request, parts, body).await
        } else {
            self.upstreams.forward(&request.service, parts, body).await
        }
    }
}

fn record(
    request: AwsRequest,
    time: OffsetDateTime,
    account: String,
    session: Option<Session>,
    rule: Option<u64>,
    answer: Option<&Answer>,
) -> Call {
    let (role_arn, session_name) = session.map(|session| (session.role_arn, session.name)).unzip();
    Call {
        sequence: 0,
        time,
        service: request.service,
        operation: request.operation,
        region: request.region,
        account,
        access_key_id: request.access_key_id,
        role_arn,
        session_name,
        parameters: request.parameters,
        status: answer.map(|answer| answer.status().as_u16()),
        error_code: answer.and_then(answer::error_code),
        rule,
    }
}

/// A panic elsewhere must not take the proxy down with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
