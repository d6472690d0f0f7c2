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

use crate::beyond_moto::{BeyondMoto, Settling};
use crate::clock::Clock;
use crate::control::server;
use crate::emulators::Upstreams;
use crate::events::{Announcer, Delivery};
use crate::faults::{AwsError, Fault, Rules, rewritten};
use crate::identity::{Caller, Decision, Identity, denial};
use crate::identity_center::{Assignments, IdentityCenter};
use crate::organizations::{Organization, Settings, Visibility};
use crate::process::Peer;
use crate::recorder::{Call, Recorder};
use crate::throttling::{Buckets, Throttling};
use crate::wire::{Answer, AwsRequest, answer};

/// What stands behind the proxy, and how strict it is from the start.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
pub struct Config {
    /// The emulator of AWS's control plane.
    pub aws: Uri,
    /// The emulator of the serverless platform.
    pub platform: Uri,
    /// The account of every caller that has not assumed a role.
    pub management_account: String,
    pub clock: Clock,
    /// Where rules that name no seed get theirs from.
    pub seed: u64,
    /// Throttles, delays and events as AWS has them; else none but the delay of a creation, a second.
    pub as_on_aws: bool,
    pub throttle: bool,
    pub evaluate_iam: bool,
    /// Only answers what the emulators lack, and is no stricter than they are.
    pub lax: bool,
}

impl Config {
    /// In real time, and as lax as can be.
    pub fn new(aws: Uri, platform: Uri, management_account: &str) -> Self {
        let (clock, management_account) = (Clock::running(1), management_account.to_owned());
        let (seed, as_on_aws, throttle, evaluate_iam, lax) = (0, false, false, false, false);
        Self { aws, platform, management_account, clock, seed, as_on_aws, throttle, evaluate_iam, lax }
    }
}

/// Answers calls for ever; ends only when the listener fails.
pub async fn serve(listener: TcpListener, config: Config) -> io::Result<()> {
    let as_on_aws = config.as_on_aws;
    let proxy = Arc::new(Proxy::new(config));
    if as_on_aws {
        proxy.be_as_on_aws();
    }
    loop {
        let (stream, client) = listener.accept().await?;
        let (proxy, peer) = (Arc::clone(&proxy), Arc::new(Peer::new(client, stream.local_addr()?)));
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(Arc::clone(&proxy), Arc::clone(&peer), request));
            // An error is a client that went away, or a connection that a rule cut.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

/// The connection closes without an answer: hyper does that when a service returns an error.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
struct Cut;

async fn respond(proxy: Arc<Proxy>, peer: Arc<Peer>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    // On a task of its own: what a client that has given up asked for still happens, as on AWS.
    let answer = tokio::spawn(async move { proxy.handle(&peer, parts, body).await });
    answer.await.map_err(|_| Cut)?.map(|answer| answer.map(Full::new))
}

/// A call on its way.
struct InHand<'a> {
    request: &'a AwsRequest,
    caller: &'a Caller,
    peer: &'a Peer,
}

pub(crate) struct Proxy {
    pub(crate) clock: Clock,
    pub(crate) rules: Rules,
    pub(crate) recorder: Recorder,
    pub(crate) buckets: Buckets,
    pub(crate) organization: Organization,
    pub(crate) identity: Identity,
    pub(crate) identity_center: IdentityCenter,
    pub(crate) beyond_moto: BeyondMoto,
    pub(crate) announcer: Arc<Announcer>,
    upstreams: Arc<Upstreams>,
    management_account: String,
    lax: bool,
}

impl Proxy {
    fn new(config: Config) -> Self {
        let lax = config.lax;
        let (clock, account) = (config.clock, config.management_account);
        let upstreams = Arc::new(Upstreams::new(config.aws, config.platform));
        let identity = Identity::new(Arc::clone(&upstreams), account.clone(), config.evaluate_iam);
        let announcer = Arc::new(Announcer::new(clock.clone(), Arc::clone(&upstreams), account.clone()));
        let organization = Organization::new(clock.clone(), Arc::clone(&upstreams), Arc::clone(&announcer));
        let buckets = Buckets::new(config.throttle);
        let identity_center = IdentityCenter::new(clock.clone());
        let beyond_moto = BeyondMoto::new(clock.clone(), Arc::clone(&upstreams), &account);
        let (rules, recorder) = (Rules::new(config.seed), Recorder::default());
        Self {
            clock,
            rules,
            recorder,
            buckets,
            organization,
            identity,
            identity_center,
            beyond_moto,
            announcer,
            upstreams,
            management_account: account,
            lax,
        }
    }

    fn be_as_on_aws(&self) {
        self.buckets.set(Throttling { enabled: true, ..Throttling::default() });
        self.organization.set(&Settings::as_on_aws());
        self.organization.set_visibility(Visibility::as_on_aws());
        self.identity_center.set(Assignments::as_on_aws());
        self.beyond_moto.set(Settling::as_on_aws());
        self.announcer.set(Delivery::OnTime);
    }

    async fn handle(&self, peer: &Peer, mut parts: Parts, body: Bytes) -> Result<Answer, Cut> {
        if let Some(path) = parts.uri.path().strip_prefix(server::PREFIX) {
            return Ok(server::answer(self, path, &parts, &body));
        }
        let time = OffsetDateTime::now_utc();
        let request = AwsRequest::read(&parts, &body);
        let caller = self.caller(&request, peer).await;
        if caller.session.is_none() && caller.account != self.management_account {
            in_account(&caller.account, &mut parts);
        }
        let (rule, fault) = self.rules.take(&request, &caller, self.clock.now()).unzip();
        let mut decisions = Vec::new();
        let call = InHand { request: &request, caller: &caller, peer };
        let outcome = self.run(&call, parts, body, fault, &mut decisions).await;
        self.recorder.record(record(request, time, caller, rule, decisions, outcome.as_ref().ok()));
        outcome
    }

    async fn caller(&self, request: &AwsRequest, peer: &Peer) -> Caller {
        let caller = self.identity.caller(request).await;
        if caller.function.is_some() {
            return caller;
        }
        // Credentials do not tell where the platform checks none. Looking at processes is slow.
        let function = peer.function().await.map(|function| function.name.clone());
        Caller { function, ..caller }
    }

    async fn run(
        &self,
        call: &InHand<'_>,
        parts: Parts,
        body: Bytes,
        fault: Option<Fault>,
        decisions: &mut Vec<Decision>,
    ) -> Result<Answer, Cut> {
        let InHand { request, caller, peer } = *call;
        match &fault {
            Some(Fault::Error(error)) => return Ok(answer::error(request, error)),
            Some(Fault::AccessDenied) => return Ok(self.denied(request, caller, false).await),
            Some(Fault::DeniedByScp) => return Ok(self.denied(request, caller, true).await),
            Some(Fault::CutBefore) => return Err(Cut),
            Some(Fault::Delay { millis }) => self.clock.sleep(Duration::from_millis(*millis)).await,
            _ => {}
        }
        let answer = self.ask(request, caller, parts, body, decisions).await;
        self.learn(request, caller, &answer);
        match fault {
            Some(Fault::CutAfter) => return Err(Cut),
            Some(Fault::KillCaller) => return kill(request, peer).await,
            Some(Fault::SlowAnswer { millis }) => self.clock.sleep(Duration::from_millis(millis)).await,
            Some(Fault::Rewrite { field, value }) => return Ok(rewritten(answer, &field, &value)),
            _ => {}
        }
        Ok(answer)
    }

    /// Later calls are understood by what this one brought about.
    fn learn(&self, request: &AwsRequest, caller: &Caller, answer: &Answer) {
        self.identity.learn(request, caller, answer);
        self.organization.learn(request, caller, answer);
        if request.operation == "CreateAccount" {
            self.rules.learn(request, caller, &self.organization.made_by(answer));
        }
    }

    async fn denied(&self, request: &AwsRequest, caller: &Caller, by_scp: bool) -> Answer {
        let (action, resource) = self.identity.first_ask(request, caller).await;
        answer::error(request, &denial::of_fault(request, caller, &action, &resource, by_scp))
    }

    async fn ask(
        &self,
        request: &AwsRequest,
        caller: &Caller,
        parts: Parts,
        body: Bytes,
        decisions: &mut Vec<Decision>,
    ) -> Answer {
        if self.lax {
            return match self.identity_center.beyond_moto(request).await {
                Some(answer) => answer,
                None => self.beyond_moto.answer(request, caller, parts, body).await,
            };
        }
        let is_organizations = request.service == "organizations";
        if is_organizations
            && let Some(error) = self.buckets.take(&caller.account, &request.operation, self.clock.now())
        {
            return answer::error(request, &error);
        }
        let unknown = self.organization.too_early(request, caller);
        if let Some(error) = unknown.or_else(|| self.beyond_moto.not_enabled(request, caller)) {
            return answer::error(request, &error);
        }
        let verdict = self.identity.authorize(request, caller).await;
        *decisions = verdict.decisions;
        if let Some(error) = verdict.refusal {
            return answer::error(request, &error);
        }
        if is_organizations && caller.account == self.management_account {
            return self.organization.answer(request, parts, body).await;
        }
        if request.service == "sso" {
            let forward = self.upstreams.forward(&request.service, parts, body);
            return self.identity_center.answer(request, forward).await;
        }
        self.beyond_moto.answer(request, caller, parts, body).await
    }
}

/// Moto takes any key for the management account's, unless it is told otherwise.
fn in_account(account: &str, parts: &mut Parts) {
    if let Ok(account) = account.parse() {
        parts.headers.insert("x-moto-account-id", account);
    }
}

/// A test that names a caller who cannot be killed hears of it.
async fn kill(request: &AwsRequest, peer: &Peer) -> Result<Answer, Cut> {
    match peer.kill().await {
        Ok(()) => Err(Cut),
        Err(why) => Ok(answer::error(request, &AwsError::new(500, "CallerNotKilled", &why))),
    }
}

fn record(
    request: AwsRequest,
    time: OffsetDateTime,
    caller: Caller,
    rule: Option<u64>,
    decisions: Vec<Decision>,
    answer: Option<&Answer>,
) -> Call {
    let (role_arn, session_name) = caller.session.map(|session| (session.role_arn, session.name)).unzip();
    Call {
        sequence: 0,
        time,
        service: request.service,
        operation: request.operation,
        region: request.region,
        account: caller.account,
        access_key_id: request.access_key_id,
        role_arn,
        session_name,
        function: caller.function,
        parameters: request.parameters,
        status: answer.map(|answer| answer.status().as_u16()),
        error_code: answer.and_then(answer::error_code),
        rule,
        decisions,
    }
}

/// A panic elsewhere must not take the proxy down with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
