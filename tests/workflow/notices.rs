//! Whoever waits for an outcome is told of it.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use local_cloud::{Caller, Cloud, email, pause, request, unique};
use serde_json::{Value, json};
use strict::Settings;

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:outcomes";

/// A queue that gets what the outcome topic and the event bus carry.
struct Inbox<'a> {
    sqs: aws_sdk_sqs::Client,
    url: String,
    cloud: &'a Cloud,
}

impl<'a> Inbox<'a> {
    async fn open(cloud: &'a Cloud) -> Self {
        let sqs = aws_sdk_sqs::Client::new(&cloud.platform);
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE,
            "Principal": { "Service": ["sns.amazonaws.com", "events.amazonaws.com"] }
        }] });
        let create = sqs.create_queue().queue_name("outcomes");
        let create = create.attributes(QueueAttributeName::Policy, policy.to_string());
        let url = create.send().await.unwrap().queue_url.unwrap();
        Self { sqs, url, cloud }
    }

    async fn subscribe(&self) {
        let sns = aws_sdk_sns::Client::new(&self.cloud.platform);
        let topics = sns.list_topics().send().await.unwrap();
        let arns = topics.topics().iter().filter_map(|topic| topic.topic_arn());
        let topic = arns.into_iter().find(|arn| arn.contains("OutcomeTopic")).unwrap();
        sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(QUEUE).send().await.unwrap();
        let events = aws_sdk_eventbridge::Client::new(&self.cloud.platform);
        let pattern = json!({ "source": ["account-vending"] });
        events.put_rule().name("outcomes").event_pattern(pattern.to_string()).send().await.unwrap();
        let target = aws_sdk_eventbridge::types::Target::builder().id("queue").arn(QUEUE).build().unwrap();
        events.put_targets().rule("outcomes").targets(target).send().await.unwrap();
    }

    /// The mails and events about one account.
    async fn about(&self, name: &str) -> (Vec<String>, Vec<Value>) {
        let name = &unique(name);
        let (mut mails, mut events) = (Vec::new(), Vec::new());
        for _ in 0..50 {
            let got = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10).send().await.unwrap();
            for message in got.messages() {
                let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                if body["detail"]["accountName"] == name.as_str() {
                    events.push(body);
                } else if body["Message"].as_str().is_some_and(|text| text.contains(name.as_str())) {
                    mails.push(format!("{}\n{}", body["Subject"].as_str().unwrap(), body["Message"].as_str().unwrap()));
                }
            }
            if !mails.is_empty() && !events.is_empty() {
                break;
            }
            pause(Duration::from_millis(200)).await;
        }
        (mails, events)
    }
}

#[tokio::test]
async fn outcomes_are_published_and_sent_as_events() {
    let cloud = Cloud::connect();
    let caller = Caller::root(&cloud);
    let inbox = Inbox::open(&cloud).await;
    inbox.subscribe().await;

    let vended = caller.vend(&request("told-vended")).await;
    let (mails, events) = inbox.about("told-vended").await;
    assert!(mails[0].starts_with(&format!("Account Vended: {}\n", unique("told-vended"))), "{mails:?}");
    assert_eq!(events[0]["detail-type"], "Account Vended");
    assert_eq!(events[0]["detail"]["accountId"], vended["account"]["id"]);

    let strangers = [email("told-failed")].into();
    cloud.strict.set_settings(&Settings { settle_millis: None, strangers }).await.unwrap();
    let accepted = caller.post(&request("told-failed")).await;
    caller.outcome(accepted.body["requestId"].as_str().unwrap()).await;
    let (mails, events) = inbox.about("told-failed").await;
    assert!(mails[0].contains("Next: ask again with another accountEmail"), "{mails:?}");
    assert_eq!(events[0]["detail-type"], "Account Vending Failed");
    assert_eq!(events[0]["detail"]["failure"]["code"], "EmailAlreadyExists");
}
